"""Names as the peoples of Vietnam form them. Nobody here is a real person: parts are drawn at random."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from certificates.records.model import Sex


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """How one people forms a name: ``{family}``, ``{middle}`` and ``{given}`` put together by a pattern for each sex.

    ``weight`` is how often it is drawn in this province. ``windows_1258`` is False where a letter of its
    names is not in that old code page.
    """

    name: str
    weight: int
    families: Sequence[str] = ("",)
    male_middle: Sequence[str] = ("",)
    female_middle: Sequence[str] = ("",)
    male_given: Sequence[str]
    female_given: Sequence[str]
    male_pattern: str = "{family} {middle} {given}"
    female_pattern: str = "{family} {middle} {given}"
    windows_1258: bool = True

    def draw(self, random: Random, sex: Sex) -> str:
        """A full name, single blanks, NFC."""
        male = sex is Sex.MALE
        name = (self.male_pattern if male else self.female_pattern).format(
            family=random.choice(self.families),
            middle=random.choice(self.male_middle if male else self.female_middle),
            given=random.choice(self.male_given if male else self.female_given),
        )
        return " ".join(name.split())


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_MALE: Final = _words(
    "An Bảo Bình Chiến Cường Dũng Duy Đạt Đức Giang Hải Hậu Hiếu Hòa Hoàng Hùng Huy Khải Khánh Khoa Kiên Lâm Long "
    "Lộc Minh Nam Nghĩa Nguyên Nhân Phong Phúc Quân Quý Sơn Sỹ Tài Tâm Thắng Thành Thịnh Thủy Toàn Trí Trung Tuấn Tùng "
    "Việt Vinh"
)
_FEMALE: Final = _words(
    "Anh Ánh Bích Chi Cúc Diệp Dung Duyên Đào Giang Hà Hạnh Hằng Hiền Hoa Hòa Hồng Huệ Hương Lan Liên Linh Loan Mai "
    "My Mỹ Nga Ngân Ngọc Nhung Oanh Phượng Quỳnh Tâm Thảo Thơm Thu Thúy Thùy Thủy Trang Trinh Tuyết Uyên Vân Xuân Yến"
)

PEOPLES: Final = (
    People(
        name="Kinh",
        weight=50,
        families=_words("Nguyễn Trần Lê Phạm Hoàng Huỳnh Phan Vũ Võ Đặng Bùi Đỗ Hồ Ngô Dương Lý Tôn Đinh"),
        male_middle=("Văn", "Hữu", "Đức", "Công", "Quang", "Minh", "Đình", "Xuân", "Quốc", "Nhật", "Thanh", "Anh"),
        female_middle=("Thị", "Thị Thu", "Thị Ngọc", "Thị Thanh", "Ngọc", "Thu", "Phương", "Mỹ", "Thị Kim", "Như"),
        male_given=_MALE,
        female_given=_FEMALE,
    ),
    People(
        name="Tày",
        weight=4,
        families=_words("Nông Hoàng Hà Ma Lương Bế La Đàm Chu"),
        male_middle=("Văn", "Đức", "Quang", "Viết"),
        female_middle=("Thị", "Thị Bích", "Thúy"),
        male_given=_MALE,
        female_given=_FEMALE,
    ),
    People(
        name="Nùng",
        weight=3,
        families=_words("Nông Hứa Mông Lý Vi Lục Lộc Phùng"),
        male_middle=("Văn", "A", "Sĩ"),
        female_middle=("Thị", "Thị Mỹ"),
        male_given=_MALE,
        female_given=_FEMALE,
    ),
    People(
        name="Thái",
        weight=4,
        families=_words("Lò Cà Quàng Tòng Cầm Vì Lường Bạc Lèo"),
        male_middle=("Văn",),
        female_middle=("Thị",),
        male_given=_words("Pánh Ịnh Hặc Xôm Piệng Ọi Dương Hợp Bun Chựa"),
        female_given=_words("Ính Pâng Hặc Muôn Chựa Ỏm Lả Dín Panh Ươi"),
    ),
    People(
        name="Mường",
        weight=3,
        families=_words("Bùi Đinh Quách Hà Bạch Phùng Cao"),
        male_middle=("Văn", "Công", "Thế"),
        female_middle=("Thị",),
        male_given=("Ạng", "Ển", "Ngoan", "Dậm", "Nhìn", *_MALE[:12]),
        female_given=("Ẻn", "Nhạm", "Bằn", "Ướm", *_FEMALE[:12]),
    ),
    People(
        name="Hmông",
        weight=5,
        families=_words("Giàng Vàng Sùng Thào Hạng Lầu Mùa Cứ Chang Lý"),
        male_middle=("A",),
        female_middle=("Thị",),
        male_given=_words("Páo Sính Dơ Chu Lềnh Tủa Vảng Dình Chống Phứ"),
        female_given=_words("Mỷ Dợ Súa Chở Pà Mảy Xế Dua Ga Vừ"),
    ),
    People(
        name="Dao",
        weight=3,
        families=_words("Triệu Bàn Đặng Phàn Chảo Tẩn Lý"),
        male_middle=("Tài", "Láo", "Dào", "Phù", "Tiến"),
        female_middle=("Mùi", "Lở", "Thị", "Sử"),
        male_given=_words("Tuyên Tả Phẩu Chiêu Quyên Sếnh Vạn Thông"),
        female_given=_words("Chài Mẩy Pham Nảy Ghển Diết"),
    ),
    People(
        name="Ê Đê",
        weight=6,
        families=("Niê", "Mlô", "Ênuôl", "Ayŭn", "Kbuôr", "Byă", "Êban", "Hmŏk", "Niê Kdăm", "Buôn Yă"),
        male_given=_words("Thịnh Moan Bhiăo Wôn Blôk Kôñ Sơn Djuan Ƀlăn Thăng"),
        female_given=_words("Hen Lâm Bia Ƀiă Zăr Nhuân Mrai Linh Yar Dlôi"),
        male_pattern="Y {given} {family}",
        female_pattern="H'{given} {family}",
        windows_1258=False,
    ),
    People(
        name="Gia Rai",
        weight=4,
        families=("Ksor", "Siu", "Rơ Châm", "Rơ Mah", "Kpă", "Rah Lan", "Nay"),
        male_given=_words("Thuyên Bình Hùng Tơ Djring Krông Phước"),
        female_given=_words("Blâm Yéo Nguyệt Ngơn Mlơn Phiê"),
        male_pattern="{family} {given}",
        female_pattern="{family} H'{given}",
        windows_1258=False,
    ),
    People(
        name="Ba Na",
        weight=3,
        male_given=_words("Thút Jar Biu Wưng Hnhiêng Thăk Đông Khưng Ler Byưk Yôm Drưih"),
        female_given=_words("Hlưn Byen Khưu Mrơ Ngưk Phiưn Blơi Hnheo Srai Thưm"),
        male_pattern="A {given}",
        female_pattern="Y {given}",
        windows_1258=False,
    ),
    People(
        name="K'Ho",
        weight=3,
        male_given=_words("Brểu Tèo Bes Brọp Sung Wét Brin Đìu Dồng"),
        female_given=_words("Nhụy Hem Duyên Thổi Bril Niềm Ớt Gụp"),
        male_pattern="K'{given}",
        female_pattern="Ka {given}",
    ),
    People(
        name="Chăm",
        weight=3,
        families=_words("Đàng Bá Châu Lưu Quảng Thuận Kiều Thành Não Trượng"),
        male_middle=("Văn", "Quang", "Đại", "Năng"),
        female_middle=("Thị", "Thị Mỹ"),
        male_given=_words("Quyến Hải Sang Hồng Đoan Lễ Phan Thập Quốc"),
        female_given=_words("Trụ Maily Thanh Đơn Hương Sử Diễm Sẹo"),
    ),
    People(
        name="Khmer",
        weight=5,
        families=_words("Thạch Sơn Kim Danh Lâm Châu"),
        male_middle=("", "Sa", "Hoàng", "Chanh"),
        female_middle=("Thị", "Thị Sô", "Thị Na", "Sa"),
        male_given=_words("Phol Rươl Rây Tha Đa Thươne Sết Vuthy Ral"),
        female_given=_words("Phia Ri Vone Rane Sophal Qươl Thia Linda"),
    ),
    People(
        name="Hoa",
        weight=4,
        families=_words("Quách Lâm Trương Châu Lý Huỳnh Mã Tăng Vương Hứa"),
        male_middle=("Gia", "Chí", "Vĩ", "Quốc", "Diệu"),
        female_middle=("Mỹ", "Huệ", "Tú", "Lệ", "Bội"),
        male_given=_words("Huy Hùng Cường Hào Minh Phát Kiệt Khôn"),
        female_given=_words("Linh Phương Nghi Quân San Châu Hoa Ngân"),
    ),
)

# Foreigners of this province: nationality (ISO 3166-1 alpha-2), "FAMILY, given" as in their passports, sex.
FOREIGNERS: Final = (
    ("KR", "KIM, MINJUN", Sex.MALE),
    ("KR", "PARK, SEOYEON", Sex.FEMALE),
    ("JP", "TANAKA, HIROSHI", Sex.MALE),
    ("US", "MILLER, GRACE ANN", Sex.FEMALE),
    ("US", "O'BRIEN, JOHN", Sex.MALE),
    ("FR", "LEFÈVRE, ÉLODIE", Sex.FEMALE),
    ("DE", "MÜLLER-GROß, JÜRGEN", Sex.MALE),
    ("GB", "WHITE, OLIVER", Sex.MALE),
    ("AU", "TAYLOR, MIA", Sex.FEMALE),
    ("LA", "PHOMMACHANH, SOMCHAI", Sex.MALE),
    ("KH", "SOK, SREYMOM", Sex.FEMALE),
    ("CN", "WANG, XIUYING", Sex.FEMALE),
    ("IN", "SHARMA, RAHUL", Sex.MALE),
    ("DK", "SØRENSEN, ANNE-METTE", Sex.FEMALE),
    ("CZ", "DVOŘÁK, JIŘÍ", Sex.MALE),
)


def draw_people(random: Random) -> People:
    """One people, by weight."""
    return random.choices(PEOPLES, weights=[people.weight for people in PEOPLES])[0]
