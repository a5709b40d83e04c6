"""What can be wrong with an import file or one of its rows, in sentences that a clerk can act on."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from certificates.errors import CertificateError, RecordError


class FileError(CertificateError):
    """The whole file is refused. ``columns`` are names of columns, ``place`` a line or sheet: never personal data."""

    def __init__(self, code: str, *, columns: tuple[str, ...] = (), place: str = "") -> None:
        self.columns = columns
        self.place = place
        self.sentences = file_sentence(code, columns, place)
        super().__init__(code, self.sentences[1])


class RowError(RecordError):
    """One row is refused. ``fields`` are the columns that the clerk must look at, ``column`` the first of them."""

    def __init__(self, code: str, column: str, *others: str) -> None:
        super().__init__(code, fields=(column, *others))
        self.column = column


# code: (Vietnamese, English). {columns} and {place} are filled in.
FILE_SENTENCES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "file-empty": ("Tệp trống: không có dòng dữ liệu nào.", "The file is empty: it holds no row of data."),
        "file-unreadable": ("Không mở được tệp.", "The file cannot be opened."),
        "file-kind": (
            "Loại tệp này không đọc được: hãy lưu thành .xlsx hoặc .csv rồi nhập lại.",
            "This kind of file cannot be read: save it as .xlsx or .csv and import it again.",
        ),
        "file-encrypted": (
            "Bảng tính có mật khẩu: hãy bỏ mật khẩu rồi nhập lại.",
            "The spreadsheet is protected by a password: remove it and import again.",
        ),
        "file-truncated": (
            "Bảng tính bị hỏng hoặc tải thiếu: hãy xuất và tải lại.",
            "The spreadsheet is damaged or was cut short: export it again.",
        ),
        "file-too-large": (
            "Bảng tính phình quá lớn khi mở: hãy xóa các dòng trống có định dạng, hoặc chia thành nhiều tệp.",
            "The spreadsheet unpacks to too much: delete empty formatted rows, or split it into several files.",
        ),
        "file-encoding": (
            "Không nhận ra bảng mã chữ của tệp{place}: hãy lưu thành CSV UTF-8 rồi nhập lại.",
            "The character encoding of the file is not recognised{place}: save it as CSV UTF-8 and import it again.",
        ),
        "file-quotes": (
            "Tệp CSV có dấu ngoặc kép mở mà không đóng hoặc ô quá dài, gần dòng {place}.",
            "The CSV file has a quotation mark that is never closed, or a cell far too long, near line {place}.",
        ),
        "sheets-several": (
            "Nhiều trang tính có mũi tiêm: {columns}. Hãy lưu mỗi trang thành một tệp.",
            "Several sheets hold doses: {columns}. Save each of them as a file of its own.",
        ),
        "columns-missing": (
            "Thiếu cột bắt buộc: {columns}. Hãy thêm cột (đúng tên) rồi nhập lại.",
            "Mandatory columns are missing: {columns}. Add them under these names and import again.",
        ),
        "columns-double": (
            "Hai cột cùng một nghĩa: {columns}. Hãy bỏ bớt một cột.",
            "Two columns mean the same: {columns}. Remove one of them.",
        ),
        "import-running": (
            "Tệp này đang được nhập ở nơi khác: hãy chờ việc đó xong.",
            "This file is being imported by somebody else at this moment: wait until that is done.",
        ),
        "unit-unknown": (
            "Cơ sở tiêm được chọn không có trong danh mục.",
            "The unit this import was made for is not known to the service.",
        ),
    }
)

ROW_SENTENCES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "row-shape": (
            "Dòng có nhiều ô hơn dòng tiêu đề: có chữ bên ngoài bảng, hoặc dấu phân cách trong ô không có ngoặc kép.",
            "The row has more cells than the header: a word beside the table, or a delimiter in an unquoted cell.",
        ),
        "cell-too-long": (
            "Ô dài quá 500 ký tự: hãy kiểm tra ô này.",
            "The cell holds more than 500 characters: look at this cell.",
        ),
        "cell-formula": (
            "Ô chứa công thức: hãy dán giá trị (Paste values) rồi nhập lại.",
            "The cell holds a formula: paste it as a value and import again.",
        ),
        "cell-error": ("Ô chứa lỗi của bảng tính (như #N/A).", "The cell holds a spreadsheet error such as #N/A."),
        "cell-control-character": (
            "Ô có ký tự điều khiển không nhìn thấy: hãy gõ lại ô này.",
            "The cell holds an invisible control character: type it again.",
        ),
        "text-encoding": (
            "Chữ trong ô bị lỗi phông (TCVN3, VNI hay bảng mã khác lẫn lộn): hãy gõ lại bằng Unicode.",
            "The letters of the cell are in an unclear font encoding (TCVN3, VNI or mixed): retype them in Unicode.",
        ),
        "name-missing": ("Thiếu họ và tên.", "The name is missing."),
        "name-letters": (
            "Họ tên có chữ số hoặc ký tự lạ.",
            "The name holds digits or signs that no name has.",
        ),
        "date-form": (
            "Không đọc được ngày: hãy ghi ngày/tháng/năm, ví dụ 05/10/2021.",
            "The date cannot be read: write day/month/year, for example 05/10/2021.",
        ),
        "date-impossible": ("Ngày này không có trong lịch.", "This day does not exist in the calendar."),
        "date-year": ("Năm phải từ 1900 đến 2099.", "The year must lie between 1900 and 2099."),
        "date-partial": ("Ngày thiếu tháng.", "The date has a day without a month."),
        "sex-form": ("Giới tính phải là Nam hoặc Nữ.", "The sex must be Nam/Male or Nữ/Female."),
        "nationality-form": (
            "Không nhận ra quốc tịch: hãy dùng mã hai chữ cái, ví dụ VN, US.",
            "The nationality is not recognised: use the two-letter code, for example VN or US.",
        ),
        "dose-number-form": (
            "Mũi tiêm số phải là số từ 1 đến 9.",
            "The dose number must be a number from 1 to 9.",
        ),
        "given-on-missing": ("Thiếu ngày tiêm.", "The date of vaccination is missing."),
        "given-on-partial": (
            "Ngày tiêm phải đủ ngày, tháng, năm.",
            "The date of vaccination needs day, month and year.",
        ),
        "product-missing": ("Thiếu tên vắc xin.", "The vaccine is missing."),
        "product-unknown": (
            "Không nhận ra tên vắc xin: hãy dùng tên trong danh mục.",
            "The vaccine is not known: use a name from the list of products.",
        ),
        "manufacturer-mismatch": (
            "Hãng sản xuất không khớp với vắc xin.",
            "The manufacturer does not make this vaccine.",
        ),
        "unit-missing": ("Thiếu mã cơ sở tiêm.", "The facility code is missing."),
        "unit-unknown": ("Mã cơ sở tiêm không có trong danh mục.", "The facility code is not known to the service."),
        "unit-other": (
            "Dòng ghi cơ sở tiêm khác với cơ sở đang nhập tệp.",
            "The row names another facility than the one this file is imported for.",
        ),
        "unit-outside": (
            "Cơ sở tiêm không thuộc phạm vi của khóa này.",
            "The facility is not among those that this key may enter doses for.",
        ),
        "person-conflict": (
            "Người này (theo số giấy tờ, hoặc tên và ngày sinh) đã có với dữ liệu khác ở cột này: hãy kiểm tra cả hai.",
            "This person (by ID number, or name and birth) stands already with other data in this column: check both.",
        ),
        "dose-conflict": (
            "Mũi tiêm này đã có với nội dung khác ở cột nêu trên: hãy kiểm tra cả hai.",
            "This dose is already there with other content in the column named: check both.",
        ),
        "record-in-signing": (
            "Hồ sơ đang được ký: hãy nhập lại dòng này sau.",
            "The record is being signed: import this row again later.",
        ),
        "session-stopped": (
            "Người này không được tiêm trong buổi này: xem lý do trong danh sách.",
            "This person was stopped at the check before the jab: see the reasons on the list.",
        ),
        "listed-before": (
            "Người này đã có trong danh sách buổi tiêm.",
            "This person stands on the session's list already.",
        ),
        "person-unknowable": (
            "Dòng không có số giấy tờ hợp lệ, cũng không có ngày sinh: không biết là ai.",
            "The row has neither a valid ID number nor a date of birth: nobody can say who it is.",
        ),
        "positive-on-partial": (
            "Ngày dương tính phải đủ ngày, tháng, năm.",
            "The day of the positive test needs day, month and year.",
        ),
        "positive-on-impossible": (
            "Ngày dương tính phải từ 23/01/2020 đến hôm nay.",
            "The day of the positive test must lie between 23 January 2020 and today.",
        ),
        "source-missing": ("Thiếu nguồn: ai xác nhận ca bệnh.", "The source is missing: who confirmed the case."),
        "record-joined": (
            "Hồ sơ này đã được gộp vào hồ sơ khác của cùng một người: hãy sửa hồ sơ đó.",
            "This record was joined to another one of the same person: correct that one.",
        ),
        "record-disputed": (
            "Hồ sơ đang có khiếu nại hoặc đã bị thu hồi: hãy xử lý việc đó trước.",
            "The record is disputed or revoked: settle that first.",
        ),
    }
)


def file_sentence(code: str, columns: tuple[str, ...] = (), place: str = "") -> tuple[str, str]:
    """The sentence for a refused file, Vietnamese and English."""
    vietnamese, english = FILE_SENTENCES[code]
    names = ", ".join(f"“{' '.join(name.split())[:60]}”" for name in columns)
    return vietnamese.format(columns=names, place=place), english.format(columns=names, place=place)


def row_sentence(code: str) -> tuple[str, str]:
    """The sentence for a refused row, Vietnamese and English."""
    return ROW_SENTENCES[code]
