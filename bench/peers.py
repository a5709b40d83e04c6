"""The same work from plain card libraries: qrcode, base45, reportlab and pyHanko's one-call signing."""

import asyncio
import io
import zlib

import base45
import qrcode
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko_certvalidator.registry import SimpleCertificateStore
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from certificates.signing import SigningKey


class TokenSigner(signers.Signer):
    """pyHanko's signer over one of our token keys, so that both sides sign with the same token."""

    def __init__(self, key: SigningKey) -> None:
        super().__init__(
            signing_cert=asn1_x509.Certificate.load(key.certificate_der),
            cert_registry=SimpleCertificateStore(),
            prefer_pss=key.algorithm == "PS256",
            embed_roots=False,
        )
        self._key = key

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:
        if dry_run:
            return bytes(72 if self._key.algorithm == "ES256" else 256)
        raw = self._key.sign(data)
        if self._key.algorithm == "PS256":
            return raw
        return encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))


def sign_in_one_call(page: bytes, signer: signers.Signer, **options: int) -> bytes:
    """pyHanko's usual way: an incremental update, PAdES B-B."""
    out = io.BytesIO()
    metadata = signers.PdfSignatureMetadata(
        field_name="Signature", md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES
    )
    asyncio.run(
        signers.PdfSigner(metadata, signer).async_sign_pdf(
            IncrementalPdfFileWriter(io.BytesIO(page)), output=out, **options
        )
    )
    return out.getvalue()


def qr_png(text: str) -> bytes:
    """qrcode at level Q, PNG through Pillow, the pixels a module that we use."""
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_Q, box_size=4, border=4)
    code.add_data(text)
    out = io.BytesIO()
    code.make_image().save(out, "PNG")
    return out.getvalue()


def hc1(cose: bytes) -> str:
    """zlib and PyPI base45."""
    return "HC1:" + base45.b45encode(zlib.compress(cose, 9)).decode()


def card_page(lines: list[str], picture: bytes) -> bytes:
    """A plain page by reportlab: the lines and the code."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4)
    for number, line in enumerate(lines):
        canvas.drawString(20 * mm, (270 - 7 * number) * mm, line)
    canvas.drawImage(ImageReader(io.BytesIO(picture)), 20 * mm, 60 * mm, 60 * mm, 60 * mm)
    canvas.showPage()
    canvas.save()
    return out.getvalue()
