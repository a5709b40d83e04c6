"""Nationalities: ISO 3166-1 codes, and the names that Vietnamese lists use for the countries they meet most."""

import re
import unicodedata
from functools import lru_cache
from typing import Final

from certificates.countries import COUNTRIES

_NAMES: Final = {
    "VN": "việt nam, viet nam, vietnam, vietnamese, vnm",
    "US": "hoa kỳ, mỹ, united states, united states of america, usa, american",
    "GB": "anh, vương quốc anh, united kingdom, great britain, uk, gbr, british",
    "FR": "pháp, france, french, fra",
    "DE": "đức, germany, german, deu",
    "RU": "nga, liên bang nga, russia, russian federation, russian, rus",
    "CN": "trung quốc, china, chinese, chn",
    "TW": "đài loan, taiwan, twn",
    "HK": "hồng kông, hong kong, hkg",
    "KR": "hàn quốc, korea, south korea, republic of korea, korean, kor",
    "KP": "triều tiên, north korea, prk",
    "JP": "nhật bản, nhật, japan, japanese, jpn",
    "TH": "thái lan, thailand, thai, tha",
    "LA": "lào, laos, lao, lao pdr",
    "KH": "campuchia, cambodia, khmer, cambodian, khm",
    "MM": "myanmar, miến điện, mmr",
    "MY": "malaysia, malaysian, mys",
    "SG": "singapore, sgp",
    "ID": "indonesia, indonesian, idn",
    "PH": "philippines, filipino, phl",
    "IN": "ấn độ, india, indian, ind",
    "AU": "úc, australia, australian, aus",
    "NZ": "niu di lân, new zealand, nzl",
    "CA": "canada, canadian, can",
    "IT": "ý, italia, italy, italian, ita",
    "ES": "tây ban nha, spain, spanish, esp",
    "PT": "bồ đào nha, portugal, prt",
    "NL": "hà lan, netherlands, dutch, nld",
    "BE": "bỉ, belgium, belgian, bel",
    "CH": "thụy sĩ, switzerland, swiss, che",
    "AT": "áo, austria, austrian, aut",
    "SE": "thụy điển, sweden, swedish, swe",
    "NO": "na uy, norway, norwegian, nor",
    "DK": "đan mạch, denmark, danish, dnk",
    "FI": "phần lan, finland, finnish, fin",
    "PL": "ba lan, poland, polish, pol",
    "CZ": "séc, cộng hòa séc, czech republic, czechia, cze",
    "HU": "hungary, hung-ga-ri, hungarian, hun",
    "UA": "ukraina, ukraine, ukrainian, ukr",
    "CU": "cuba, cu ba, cuban, cub",
    "BR": "brazil, bra-xin, brazilian, bra",
    "ZA": "nam phi, south africa, zaf",
    "NG": "nigeria, nigerian",
    "PK": "pakistan, pakistani, pak",
    "BD": "bangladesh, bgd",
    "NP": "nepal, npl",
    "TR": "thổ nhĩ kỳ, turkey, türkiye, tur",
    "IL": "israel, isr",
    "IE": "ireland, ai-len, irish, irl",
}


@lru_cache(maxsize=512)
def find_country(text: str) -> str | None:
    """The alpha-2 code that a code or name means, or None. Names are compared in NFC, small, without punctuation."""
    if text.upper() in COUNTRIES:
        return text.upper()
    return _BY_NAME.get(_plain(text))


def _plain(text: str) -> str:
    return re.sub(r"[\W_]+", " ", unicodedata.normalize("NFC", text.casefold())).strip()


_BY_NAME: Final = {_plain(name): code for code, names in _NAMES.items() for name in names.split(", ")}
