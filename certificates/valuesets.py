"""The EU value sets for vaccines, pinned, as one table of products.

Source: eu-dcc-valuesets 2.12 (``vaccine-encoding-instructions``, ``vaccine-medicinal-product``, ``vaccine-mah-manf``,
``vaccine-prophylaxis``). A row of the table is the one combination of vp, mp and ma that we write for its product:
``vp`` is the most specific code that the instructions allow; the general one stands only where there is no other. Doses
of the primary series are not in the value sets: they follow the product's authorisation (WHO, EMA, or national).
"""

import re
import unicodedata
from collections.abc import Mapping
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
    primary_doses: int = 2
    active: bool = True
    minimum_interval: int = 21
    used_in_vietnam: bool = False
    aliases: tuple[str, ...] = ()

    @property
    def vaccine_en(self) -> str:
        """The display of ``vp`` in English."""
        return _VACCINE[self.vp][0]

    @property
    def vaccine_vi(self) -> str:
        """The display of ``vp`` in Vietnamese."""
        return _VACCINE[self.vp][1]


_ROWS: Final[tuple[Product, ...]] = (
    Product(
        key="comirnaty",
        name="Comirnaty",
        vp=VP_MRNA,
        mp="EU/1/20/1528",
        ma="ORG-100030215",
        manufacturer="Biontech Manufacturing GmbH",
        used_in_vietnam=True,
        aliases=("Pfizer", "Pfizer BioNTech", "BioNTech", "BNT162b2", "Comirnaty Pfizer BioNTech"),
    ),
    Product(
        key="spikevax",
        name="Spikevax",
        vp=VP_MRNA,
        mp="EU/1/20/1507",
        ma="ORG-100031184",
        manufacturer="Moderna Biotech Spain S.L.",
        minimum_interval=28,
        used_in_vietnam=True,
        aliases=("Moderna", "mRNA-1273", "COVID-19 Vaccine Moderna", "Spikevax Moderna"),
    ),
    Product(
        key="vaxzevria",
        name="Vaxzevria",
        vp=VP_VECTOR,
        mp="EU/1/21/1529",
        ma="ORG-100001699",
        manufacturer="AstraZeneca AB",
        minimum_interval=28,
        used_in_vietnam=True,
        aliases=("AstraZeneca", "Astra Zeneca", "AZ", "AZD1222", "COVID-19 Vaccine AstraZeneca"),
    ),
    Product(
        key="jcovden",
        name="Jcovden",
        vp=VP_VECTOR,
        mp="EU/1/20/1525",
        ma="ORG-100001417",
        manufacturer="Janssen-Cilag International",
        primary_doses=1,
        minimum_interval=56,
        used_in_vietnam=True,
        aliases=("Janssen", "Johnson & Johnson", "J&J", "COVID-19 Vaccine Janssen", "Ad26.COV2.S"),
    ),
    Product(
        key="bbibp-corv",
        name="BBIBP-CorV",
        vp=VP_INACTIVATED,
        mp="BBIBP-CorV",
        ma="ORG-100020693",
        manufacturer="China Sinopharm International Corp. - Beijing location",
        used_in_vietnam=True,
        # Vero Cell as given in Vietnam is the Beijing product; the table's note towards WIBP-CorV is about another one.
        aliases=("Vero Cell", "VeroCell", "Vero-Cell Sinopharm", "Sinopharm", "Sinopharm Beijing", "Covilo"),
    ),
    Product(
        key="sputnik-v",
        name="Sputnik-V",
        vp=VP_VECTOR,
        mp="Sputnik-V",
        ma="Gamaleya-Research-Institute",
        manufacturer="Gamaleya Research Institute",
        used_in_vietnam=True,
        aliases=("Sputnik", "Gam-COVID-Vac"),
    ),
    Product(
        key="abdala",
        name="Abdala",
        vp=VP_GENERAL,
        mp="Abdala",
        ma="CIGB",
        manufacturer="Center for Genetic Engineering and Biotechnology",
        primary_doses=3,
        minimum_interval=14,
        used_in_vietnam=True,
        aliases=("CIGB-66",),
    ),
    Product(
        key="hayat-vax",
        name="Hayat-Vax",
        vp=VP_INACTIVATED,
        mp="Hayat-Vax",
        ma="ORG-100023050",
        manufacturer="Gulf Pharmaceutical Industries",
        used_in_vietnam=True,
        aliases=("Hayat Vax", "Hayatvax"),
    ),
    Product(
        key="covaxin",
        name="Covaxin",
        vp=VP_INACTIVATED,
        mp="Covaxin",
        ma="Bharat-Biotech",
        manufacturer="Bharat Biotech",
        minimum_interval=28,
        used_in_vietnam=True,
        aliases=("BBV152", "BBV152 A, B, C"),
    ),
    Product(
        key="cvncov",
        name="CVnCoV",
        vp=VP_MRNA,
        mp="CVnCoV",
        ma="ORG-100006270",
        manufacturer="Curevac AG",
        minimum_interval=28,
        aliases=("CureVac",),
    ),
    Product(
        key="nuvaxovid",
        name="Nuvaxovid",
        vp=VP_SUBUNIT,
        mp="EU/1/21/1618",
        ma="ORG-100032020",
        manufacturer="Novavax CZ a.s.",
        aliases=("Novavax", "NVX-CoV2373"),
    ),
    Product(
        key="nvx-cov2373",
        name="NVX-CoV2373 (deprecated)",
        vp=VP_SUBUNIT,
        mp="NVX-CoV2373",
        ma="ORG-100032020",
        manufacturer="Novavax CZ a.s.",
        active=False,
    ),
    Product(
        key="convidecia",
        name="Convidecia",
        vp=VP_VECTOR,
        mp="Convidecia",
        ma="ORG-100013793",
        manufacturer="CanSino Biologics",
        primary_doses=1,
        minimum_interval=28,
        aliases=("CanSino", "Ad5-nCoV"),
    ),
    Product(
        key="epivaccorona",
        name="EpiVacCorona",
        vp=VP_SUBUNIT,
        mp="EpiVacCorona",
        ma="Vector-Institute",
        manufacturer="Vector Institute",
    ),
    Product(
        key="epivaccorona-n",
        name="EpiVacCorona-N",
        vp=VP_SUBUNIT,
        mp="EpiVacCorona-N",
        ma="Vector-Institute",
        manufacturer="Vector Institute",
        aliases=("Aurora-CoV",),
    ),
    Product(
        key="inactivated-vero-cell",
        name="Inactivated SARS-CoV-2 (Vero Cell) (deprecated)",
        vp=VP_INACTIVATED,
        mp="Inactivated-SARS-CoV-2-Vero-Cell",
        ma="ORG-100010771",
        manufacturer="Sinopharm Weiqida Europe Pharmaceutical s.r.o. - Prague location",
        active=False,
    ),
    Product(
        key="wibp-corv",
        name="WIBP-CorV",
        vp=VP_INACTIVATED,
        mp="WIBP-CorV",
        ma="Sinopharm-WIBP",
        manufacturer="Sinopharm - Wuhan Institute of Biological Products",
        aliases=("Sinopharm Wuhan",),
    ),
    Product(
        key="coronavac",
        name="CoronaVac",
        vp=VP_INACTIVATED,
        mp="CoronaVac",
        ma="Sinovac-Biotech",
        manufacturer="Sinovac Biotech",
        minimum_interval=14,
        aliases=("Sinovac",),
    ),
    Product(
        key="covid-19-adsorvida-inativada",
        name="Vacina adsorvida covid-19 (inativada)",
        vp=VP_INACTIVATED,
        mp="Covid-19-adsorvida-inativada",
        ma="Instituto-Butantan",
        manufacturer="Instituto Butantan",
        minimum_interval=14,
        aliases=("Butantan",),
    ),
    Product(
        key="covivac",
        name="CoviVac",
        vp=VP_INACTIVATED,
        mp="CoviVac",
        ma="Chumakov-Federal-Scientific-Center",
        manufacturer=(
            "Chumakov Federal Scientific Center for Research and Development of Immune-and-Biological Products"
        ),
        minimum_interval=14,
    ),
    Product(
        key="covishield",
        name="Covishield",
        vp=VP_VECTOR,
        mp="Covishield",
        ma="ORG-100001981",
        manufacturer="Serum Institute Of India Private Limited",
        minimum_interval=28,
        aliases=("ChAdOx1_nCoV-19",),
    ),
    Product(
        key="covid-19-recombinant",
        name="Covid-19 (recombinant)",
        vp=VP_VECTOR,
        mp="Covid-19-recombinant",
        ma="Fiocruz",
        manufacturer="Fiocruz",
        minimum_interval=28,
    ),
    Product(
        key="r-covi",
        name="R-COVI",
        vp=VP_VECTOR,
        mp="R-COVI",
        ma="ORG-100007893",
        manufacturer="R-Pharm CJSC",
        minimum_interval=28,
    ),
    Product(
        key="azd2816",
        name="AZD2816",
        vp=VP_VECTOR,
        mp="AZD2816",
        ma="ORG-100001699",
        manufacturer="AstraZeneca AB",
        minimum_interval=28,
    ),
    Product(
        key="sputnik-light",
        name="Sputnik Light",
        vp=VP_VECTOR,
        mp="Sputnik-Light",
        ma="Gamaleya-Research-Institute",
        manufacturer="Gamaleya Research Institute",
        primary_doses=1,
    ),
    Product(
        key="sputnik-m",
        name="Sputnik M",
        vp=VP_VECTOR,
        mp="Sputnik-M",
        ma="Gamaleya-Research-Institute",
        manufacturer="Gamaleya Research Institute",
    ),
    Product(
        key="mvc-cov1901",
        name="MVC COVID-19 vaccine",
        vp=VP_SUBUNIT,
        mp="MVC-COV1901",
        ma="ORG-100033914",
        manufacturer="Medigen Vaccine Biologics Corporation",
        minimum_interval=28,
        aliases=("Medigen", "Medigen COVID-19 vaccine"),
    ),
    Product(
        key="covovax",
        name="Covovax",
        vp=VP_SUBUNIT,
        mp="Covovax",
        ma="ORG-100001981",
        manufacturer="Serum Institute Of India Private Limited",
    ),
    Product(
        key="vidprevtyn",
        name="Vidprevtyn (deprecated)",
        vp=VP_GENERAL,
        mp="Vidprevtyn",
        ma="ORG-100000788",
        manufacturer="Sanofi Pasteur",
        active=False,
    ),
    Product(
        key="vidprevtyn-beta",
        name="VidPrevtyn Beta",
        vp=VP_GENERAL,
        mp="EU/1/21/1580",
        ma="ORG-100000788",
        manufacturer="Sanofi Pasteur",
        aliases=("Vidprevtyn",),
    ),
    Product(
        key="vla2001",
        name="VLA2001 (deprecated)",
        vp=VP_GENERAL,
        mp="VLA2001",
        ma="ORG-100036422",
        manufacturer="Valneva France",
        active=False,
    ),
    Product(
        key="valneva",
        name="COVID-19 Vaccine Valneva",
        vp=VP_GENERAL,
        mp="EU/1/21/1624",
        ma="ORG-100036422",
        manufacturer="Valneva France",
        minimum_interval=28,
        aliases=("VLA2001", "Valneva"),
    ),
    Product(
        key="bimervax",
        name="Bimervax",
        vp=VP_GENERAL,
        mp="EU/1/22/1709",
        ma="ORG-100036914",
        manufacturer="Hipra Human Health S.L.",
        aliases=("HIPRA",),
    ),
    Product(
        key="nvsi-06-08",
        name="NVSI-06-08",
        vp=VP_GENERAL,
        mp="NVSI-06-08",
        ma="NVSI",
        manufacturer="National Vaccine and Serum Institute, China",
    ),
    Product(
        key="ys-sc2-010",
        name="YS-SC2-010",
        vp=VP_GENERAL,
        mp="YS-SC2-010",
        ma="Yisheng-Biopharma",
        manufacturer="Yisheng Biopharma",
        minimum_interval=7,
    ),
    Product(
        key="sctv01c",
        name="SCTV01C",
        vp=VP_GENERAL,
        mp="SCTV01C",
        ma="ORG-100026614",
        manufacturer="Sinocelltech Ltd.",
    ),
    Product(
        key="covifenz",
        name="Covifenz",
        vp=VP_GENERAL,
        mp="Covifenz",
        ma="ORG-100008549",
        manufacturer="Medicago Inc.",
        aliases=("CoVLP",),
    ),
    Product(
        key="soberana-02",
        name="Soberana 02",
        vp=VP_GENERAL,
        mp="Soberana-02",
        ma="Finlay-Institute",
        manufacturer="Finlay Institute of Vaccines",
        minimum_interval=28,
        aliases=("FINLAY-FR-2",),
    ),
    Product(
        key="soberana-plus",
        name="Soberana Plus",
        vp=VP_GENERAL,
        mp="Soberana-Plus",
        ma="Finlay-Institute",
        manufacturer="Finlay Institute of Vaccines",
        primary_doses=1,
        minimum_interval=28,
        aliases=("FINLAY-FR-1A",),
    ),
)

PRODUCTS: Final[Mapping[str, Product]] = MappingProxyType({product.key: product for product in _ROWS})
TRIPLES: Final[frozenset[tuple[str, str, str]]] = frozenset((p.vp, p.mp, p.ma) for p in _ROWS if p.active)


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
    for product in _ROWS:
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
