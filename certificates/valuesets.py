"""The EU value sets for vaccines, pinned, as one table of products.

Source: eu-dcc-valuesets 2.12 (``vaccine-encoding-instructions``, ``vaccine-medicinal-product``, ``vaccine-mah-manf``,
``vaccine-prophylaxis``). A row of the table is the one combination of vp, mp and ma that we write for its product:
``vp`` is the most specific code that the instructions allow; the general one stands only where there is no other. Doses
of the primary series are not in the value sets: they follow the product's authorisation (WHO, EMA, or national).
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Final

from certificates.errors import RecordError

VERSION: Final = "2.12"
DISEASE_COVID_19: Final = "840539006"  # disease-agent-targeted: the only value

VP_MRNA: Final = "1119349007"
VP_SUBUNIT: Final = "1162643001"
VP_INACTIVATED: Final = "1157024006"
VP_VECTOR: Final = "29061000087103"
VP_GENERAL: Final = "28531000087107"

_DISTINCTIVE: Final = 5  # letters

_VACCINE: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        VP_MRNA: ("SARS-CoV-2 mRNA vaccine", "Vắc xin mRNA phòng SARS-CoV-2"),
        VP_SUBUNIT: (
            "SARS-CoV-2 recombinant spike protein antigen vaccine",
            "Vắc xin protein gai tái tổ hợp phòng SARS-CoV-2",
        ),
        VP_INACTIVATED: ("Inactivated whole SARS-CoV-2 antigen vaccine", "Vắc xin SARS-CoV-2 toàn hạt bất hoạt"),
        VP_VECTOR: ("COVID-19 non-replicating viral vector vaccine", "Vắc xin COVID-19 véc tơ vi rút không nhân lên"),
        VP_GENERAL: ("COVID-19 vaccine", "Vắc xin phòng COVID-19"),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """One vaccine product with its codes. ``key`` is what a `Dose` names.

    ``primary_doses``: doses of the primary series. ``active`` is False for codes that the value sets deprecate: they
    are read, never written. ``minimum_interval`` is in days, between doses of the primary series. ``used_in_vietnam``:
    the product was licensed and given in Vietnam's campaign. ``aliases`` are names that spreadsheets use.
    """

    key: str
    name: str
    vp: str
    mp: str
    ma: str
    manufacturer: str
    primary_doses: int
    active: bool
    minimum_interval: int
    used_in_vietnam: bool
    aliases: tuple[str, ...]

    @property
    def vaccine_en(self) -> str:
        """The display of ``vp`` in English."""
        return _VACCINE[self.vp][0]

    @property
    def vaccine_vi(self) -> str:
        """The display of ``vp`` in Vietnamese."""
        return _VACCINE[self.vp][1]


_CODES: Final = {
    "mRNA": VP_MRNA,
    "subunit": VP_SUBUNIT,
    "whole": VP_INACTIVATED,
    "vector": VP_VECTOR,
    "general": VP_GENERAL,
}
# n: doses of the primary series; days: between them, at least; use: VN given in Vietnam, old deprecated.
_TABLE: Final = """
key                   | vp      | mp                               | ma                                 | n | days | use
comirnaty             | mRNA    | EU/1/20/1528                     | ORG-100030215                      | 2 | 21   | VN
spikevax              | mRNA    | EU/1/20/1507                     | ORG-100031184                      | 2 | 28   | VN
vaxzevria             | vector  | EU/1/21/1529                     | ORG-100001699                      | 2 | 28   | VN
jcovden               | vector  | EU/1/20/1525                     | ORG-100001417                      | 1 | 56   | VN
bbibp-corv            | whole   | BBIBP-CorV                       | ORG-100020693                      | 2 | 21   | VN
sputnik-v             | vector  | Sputnik-V                        | Gamaleya-Research-Institute        | 2 | 21   | VN
abdala                | general | Abdala                           | CIGB                               | 3 | 14   | VN
hayat-vax             | whole   | Hayat-Vax                        | ORG-100023050                      | 2 | 21   | VN
covaxin               | whole   | Covaxin                          | Bharat-Biotech                     | 2 | 28   | VN
cvncov                | mRNA    | CVnCoV                           | ORG-100006270                      | 2 | 28   | -
nuvaxovid             | subunit | EU/1/21/1618                     | ORG-100032020                      | 2 | 21   | -
nvx-cov2373           | subunit | NVX-CoV2373                      | ORG-100032020                      | 2 | 21   | old
convidecia            | vector  | Convidecia                       | ORG-100013793                      | 1 | 28   | -
epivaccorona          | subunit | EpiVacCorona                     | Vector-Institute                   | 2 | 21   | -
epivaccorona-n        | subunit | EpiVacCorona-N                   | Vector-Institute                   | 2 | 21   | -
inactivated-vero-cell | whole   | Inactivated-SARS-CoV-2-Vero-Cell | ORG-100010771                      | 2 | 21   | old
wibp-corv             | whole   | WIBP-CorV                        | Sinopharm-WIBP                     | 2 | 21   | -
coronavac             | whole   | CoronaVac                        | Sinovac-Biotech                    | 2 | 14   | -
butantan              | whole   | Covid-19-adsorvida-inativada     | Instituto-Butantan                 | 2 | 14   | -
covivac               | whole   | CoviVac                          | Chumakov-Federal-Scientific-Center | 2 | 14   | -
covishield            | vector  | Covishield                       | ORG-100001981                      | 2 | 28   | -
covid-19-recombinant  | vector  | Covid-19-recombinant             | Fiocruz                            | 2 | 28   | -
r-covi                | vector  | R-COVI                           | ORG-100007893                      | 2 | 28   | -
azd2816               | vector  | AZD2816                          | ORG-100001699                      | 2 | 28   | -
sputnik-light         | vector  | Sputnik-Light                    | Gamaleya-Research-Institute        | 1 | 21   | -
sputnik-m             | vector  | Sputnik-M                        | Gamaleya-Research-Institute        | 2 | 21   | -
mvc-cov1901           | subunit | MVC-COV1901                      | ORG-100033914                      | 2 | 28   | -
covovax               | subunit | Covovax                          | ORG-100001981                      | 2 | 21   | -
vidprevtyn            | general | Vidprevtyn                       | ORG-100000788                      | 2 | 21   | old
vidprevtyn-beta       | general | EU/1/21/1580                     | ORG-100000788                      | 2 | 21   | -
vla2001               | general | VLA2001                          | ORG-100036422                      | 2 | 21   | old
valneva               | general | EU/1/21/1624                     | ORG-100036422                      | 2 | 28   | -
bimervax              | general | EU/1/22/1709                     | ORG-100036914                      | 2 | 21   | -
nvsi-06-08            | general | NVSI-06-08                       | NVSI                               | 2 | 21   | -
ys-sc2-010            | general | YS-SC2-010                       | Yisheng-Biopharma                  | 2 | 7    | -
sctv01c               | general | SCTV01C                          | ORG-100026614                      | 2 | 21   | -
covifenz              | general | Covifenz                         | ORG-100008549                      | 2 | 21   | -
soberana-02           | general | Soberana-02                      | Finlay-Institute                   | 2 | 28   | -
soberana-plus         | general | Soberana-Plus                    | Finlay-Institute                   | 1 | 28   | -
"""
# vaccine-medicinal-product: the display, where it is not the code itself.
_NAMES: Final[dict[str, str]] = {
    "comirnaty": "Comirnaty",
    "spikevax": "Spikevax",
    "vaxzevria": "Vaxzevria",
    "jcovden": "Jcovden",
    "nuvaxovid": "Nuvaxovid",
    "nvx-cov2373": "NVX-CoV2373 (deprecated)",
    "inactivated-vero-cell": "Inactivated SARS-CoV-2 (Vero Cell) (deprecated)",
    "butantan": "Vacina adsorvida covid-19 (inativada)",
    "covid-19-recombinant": "Covid-19 (recombinant)",
    "sputnik-light": "Sputnik Light",
    "sputnik-m": "Sputnik M",
    "mvc-cov1901": "MVC COVID-19 vaccine",
    "vidprevtyn": "Vidprevtyn (deprecated)",
    "vidprevtyn-beta": "VidPrevtyn Beta",
    "vla2001": "VLA2001 (deprecated)",
    "valneva": "COVID-19 Vaccine Valneva",
    "bimervax": "Bimervax",
    "soberana-02": "Soberana 02",
    "soberana-plus": "Soberana Plus",
}
# vaccine-mah-manf: the display.
_MANUFACTURERS: Final[dict[str, str]] = {
    "ORG-100030215": "Biontech Manufacturing GmbH",
    "ORG-100031184": "Moderna Biotech Spain S.L.",
    "ORG-100001699": "AstraZeneca AB",
    "ORG-100001417": "Janssen-Cilag International",
    "ORG-100020693": "China Sinopharm International Corp. - Beijing location",
    "Gamaleya-Research-Institute": "Gamaleya Research Institute",
    "CIGB": "Center for Genetic Engineering and Biotechnology",
    "ORG-100023050": "Gulf Pharmaceutical Industries",
    "Bharat-Biotech": "Bharat Biotech",
    "ORG-100006270": "Curevac AG",
    "ORG-100032020": "Novavax CZ a.s.",
    "ORG-100013793": "CanSino Biologics",
    "Vector-Institute": "Vector Institute",
    "ORG-100010771": "Sinopharm Weiqida Europe Pharmaceutical s.r.o. - Prague location",
    "Sinopharm-WIBP": "Sinopharm - Wuhan Institute of Biological Products",
    "Sinovac-Biotech": "Sinovac Biotech",
    "Instituto-Butantan": "Instituto Butantan",
    "Chumakov-Federal-Scientific-Center": (
        "Chumakov Federal Scientific Center for Research and Development of Immune-and-Biological Products"
    ),
    "ORG-100001981": "Serum Institute Of India Private Limited",
    "Fiocruz": "Fiocruz",
    "ORG-100007893": "R-Pharm CJSC",
    "ORG-100033914": "Medigen Vaccine Biologics Corporation",
    "ORG-100000788": "Sanofi Pasteur",
    "ORG-100036422": "Valneva France",
    "ORG-100036914": "Hipra Human Health S.L.",
    "NVSI": "National Vaccine and Serum Institute, China",
    "Yisheng-Biopharma": "Yisheng Biopharma",
    "ORG-100026614": "Sinocelltech Ltd.",
    "ORG-100008549": "Medicago Inc.",
    "Finlay-Institute": "Finlay Institute of Vaccines",
}
# What spreadsheets write, besides key, name and code.
_ALIASES: Final[dict[str, tuple[str, ...]]] = {
    "comirnaty": ("Pfizer", "Pfizer BioNTech", "BioNTech", "BNT162b2", "Comirnaty Pfizer BioNTech"),
    "spikevax": ("Moderna", "mRNA-1273", "COVID-19 Vaccine Moderna", "Spikevax Moderna"),
    "vaxzevria": ("AstraZeneca", "Astra Zeneca", "AZ", "AZD1222", "COVID-19 Vaccine AstraZeneca"),
    "jcovden": ("Janssen", "Johnson & Johnson", "J&J", "COVID-19 Vaccine Janssen", "Ad26.COV2.S"),
    # Vero Cell as given in Vietnam is the Beijing product; the table's note towards WIBP-CorV is about another one.
    "bbibp-corv": ("Vero Cell", "VeroCell", "Vero-Cell Sinopharm", "Sinopharm", "Sinopharm Beijing", "Covilo"),
    "sputnik-v": ("Sputnik", "Gam-COVID-Vac"),
    "abdala": ("CIGB-66",),
    "hayat-vax": ("Hayat Vax", "Hayatvax"),
    "covaxin": ("BBV152", "BBV152 A, B, C"),
    "cvncov": ("CureVac",),
    "nuvaxovid": ("Novavax", "NVX-CoV2373"),
    "convidecia": ("CanSino", "Ad5-nCoV"),
    "epivaccorona-n": ("Aurora-CoV",),
    "wibp-corv": ("Sinopharm Wuhan",),
    "coronavac": ("Sinovac",),
    "butantan": ("Butantan",),
    "covishield": ("ChAdOx1_nCoV-19",),
    "mvc-cov1901": ("Medigen", "Medigen COVID-19 vaccine"),
    "vidprevtyn-beta": ("Vidprevtyn",),
    "valneva": ("VLA2001", "Valneva"),
    "bimervax": ("HIPRA",),
    "covifenz": ("CoVLP",),
    "soberana-02": ("FINLAY-FR-2",),
    "soberana-plus": ("FINLAY-FR-1A",),
}


def _read_table() -> Iterator[Product]:
    _, *lines = _TABLE.strip().splitlines()
    for line in lines:
        key, vp, mp, ma, doses, days, use = (cell.strip() for cell in line.split("|"))
        yield Product(
            key=key,
            name=_NAMES.get(key, mp),
            vp=_CODES[vp],
            mp=mp,
            ma=ma,
            manufacturer=_MANUFACTURERS[ma],
            primary_doses=int(doses),
            active=use != "old",
            minimum_interval=int(days),
            used_in_vietnam=use == "VN",
            aliases=_ALIASES.get(key, ()),
        )


PRODUCTS: Final[Mapping[str, Product]] = MappingProxyType({product.key: product for product in _read_table()})
TRIPLES: Final[frozenset[tuple[str, str, str]]] = frozenset((p.vp, p.mp, p.ma) for p in PRODUCTS.values() if p.active)


def find_product(text: str) -> Product:
    """The active product that ``text`` names: key, name, mp code or alias, whatever case, blanks, punctuation.

    More words around it do not matter as long as they name no second product ("Comirnaty (Pfizer-BioNTech)").

    Raises RecordError ``product-unknown``.
    """
    wanted = _squeeze(text)
    product = _by_name().get(wanted)
    if product is not None:
        return product
    named = {product.key for name, product in _distinctive_names() if name in wanted}
    if len(named) != 1:
        raise RecordError("product-unknown", "no single active product has this name", fields=("product",))
    return PRODUCTS[named.pop()]


@cache
def _by_name() -> Mapping[str, Product]:
    names: dict[str, Product] = {}
    for product in PRODUCTS.values():
        if product.active:
            for name in (product.key, product.name, product.mp, *product.aliases):
                names[_squeeze(name)] = product
    return MappingProxyType(names)


@cache
def _distinctive_names() -> tuple[tuple[str, Product], ...]:
    """Names that stand for themselves among other words: not short, nor the beginning of another product's name."""
    names = _by_name()
    return tuple(
        (name, product)
        for name, product in names.items()
        if len(name) >= _DISTINCTIVE
        and all(other is product or not longer.startswith(name) for longer, other in names.items())
    )


def _squeeze(text: str) -> str:
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text).casefold())
