"""Which unit used a person's data, when, and why: from the log of acts and from what was made of the record.

Units are named, accounts are not. Complaints about a unit's conduct are left out: whoever reads over a shoulder, or at
a counter, must not learn of them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, select

from api.accounts.reading import Purpose
from api.citizens.holder import CITIZEN
from api.complaints.kinds import ComplaintKind
from api.stations.sentences import Sentence
from api.store.schema import audit, confirmations, evidence, passports, record_versions, tokens, units
from api.store.schema_complaints import complaints
from api.store.schema_identity import identity_list_rows, identity_lists
from certificates.act_chain import unit_of

MOST: Final = 200
CENTRE: Final = Sentence("Trung tâm dữ liệu", "The data centre")
YOURSELF: Final = Sentence("Bạn", "You")
GUARDIAN: Final = Sentence("Người giám hộ, hoặc người được đồng ý", "A guardian, or somebody you agreed to")
_OTHER: Final = Sentence("Dữ liệu của bạn được xử lý.", "Your data were worked on.")
_ACTS: Final[Mapping[str, Sentence]] = {
    "read-record": Sentence("Xem hồ sơ của bạn.", "Your record was read."),
    "read-refused": Sentence("Có người muốn xem hồ sơ và bị từ chối.", "Somebody wanted to read it, and was refused."),
    "read-history": Sentence("Xem quá trình xử lý hồ sơ.", "What happened to your record was read."),
    "register-compare": Sentence("Hỏi dữ liệu dân cư trường nào khác.", "The register was asked which field differs."),
    "register-entries": Sentence("Công an đối chiếu với dữ liệu dân cư.", "Police compared it with the register."),
    "register-query-refused": Sentence(
        "Muốn hỏi dữ liệu dân cư và bị từ chối.", "A question to the register was refused."
    ),
    "record-corrected": Sentence("Sửa dữ liệu của bạn.", "Your data were corrected."),
    "record-entered": Sentence("Ghi mũi tiêm còn thiếu theo phản ánh.", "What your complaint missed was entered."),
    "record-extended": Sentence("Ghi thêm mũi tiêm.", "A dose was added."),
    "record-joined": Sentence("Gộp hai hồ sơ của cùng một người.", "Two records of one person were joined."),
    "person-attested": Sentence("Xác nhận danh tính.", "Your identity was attested."),
    "contact-registered": Sentence("Đăng ký nơi nhận mã.", "Where your codes are sent was registered."),
    "child-registered": Sentence("Đăng ký người giám hộ.", "A guardian was registered."),
    "consent-registered": Sentence("Ghi nhận sự đồng ý của bạn.", "Your consent was registered."),
    "guardianship-ended": Sentence("Kết thúc quyền xem của người khác.", "Somebody else's right to see it was ended."),
    "counter-looked-up": Sentence("Tra cứu tại quầy cho bạn.", "It was looked up for you at a counter."),
    "fetch-pdf": Sentence("Tải giấy chứng nhận.", "The certificate was fetched."),
    "certificates-shown": Sentence("Xem giấy chứng nhận.", "Certificates were looked at."),
    "sheet-printed": Sentence("In giấy chứng nhận.", "The certificate was printed."),
    "slip-printed": Sentence("In lại phiếu với mã nhận mới.", "A slip with a new claim code was printed."),
    "read-notices": Sentence("Xem thông báo.", "Notices were read."),
    "history-shown": Sentence("Xem lịch sử sử dụng dữ liệu.", "This history was looked at."),
    "standing-shown": Sentence("Xem tình trạng hồ sơ.", "The state of the record was looked at."),
    "citizen-code-asked": Sentence("Yêu cầu gửi mã.", "A code was asked for."),
    "citizen-code-wrong": Sentence("Nhập sai mã.", "A wrong code was entered."),
    "citizen-entered": Sentence("Xác nhận đúng và vào xem.", "The proof was right, and a session began."),
    "citizen-slip-refused": Sentence("Nhập sai mã nhận trên phiếu.", "A wrong claim code was entered."),
    "claim-code-wrong": Sentence("Nhập sai mã nhận trên phiếu.", "A wrong claim code was entered."),
    "complaint-slip": Sentence("Gửi phản ánh bằng mã trên phiếu.", "A complaint was made by the slip's code."),
    "complaint-opened": Sentence("Nhận phản ánh.", "A complaint was received."),
    "complaint-answered": Sentence("Nhận câu trả lời cho phản ánh.", "A question about the complaint was answered."),
    "complaint-told": Sentence("Báo kết quả phản ánh.", "The outcome of the complaint was told."),
    "revoke": Sentence("Thu hồi giấy chứng nhận.", "The certificate was revoked."),
    "renew": Sentence("Bắt đầu cấp mã mới.", "The renewal was begun."),
    "reissue": Sentence("Bắt đầu cấp lại.", "A new certificate was begun."),
    "hold": Sentence("Giữ lại để kiểm tra.", "It was held back to be checked."),
    "issue": Sentence("Cấp giấy chứng nhận sau khi kiểm tra.", "The certificate was checked and issued."),
    "register-disputed": Sentence(
        "Ghi nhận bạn cho là dữ liệu dân cư sai.", "It was noted that the register is wrong."
    ),
    "code-ending": Sentence("Định ngày mã cũ hết hiệu lực.", "The day on which the old code ends was set."),
    "code-ended": Sentence("Mã cũ hết hiệu lực.", "The old code ended."),
    "resume-held": Sentence("Kiểm tra lại.", "It was checked again."),
    "duplicate-same": Sentence("Xác định hai hồ sơ là một người.", "Two records were found to be one person's."),
    "duplicate-different": Sentence("Xác định là hai người khác nhau.", "Two records were found to be two people's."),
    "counter-refused": Sentence("Tra cứu tại quầy không thành.", "A look-up at a counter was refused."),
    "work-attempt": Sentence("Liên hệ với bạn.", "It was tried to reach you."),
    "work-passed": Sentence("Chuyển công an xác minh.", "It was given to the police to verify."),
    "work-handed-back": Sentence("Công an trả lại trạm.", "Police gave it back to the station."),
    "work-aside": Sentence("Tạm gác việc sửa hồ sơ.", "The work on it was put aside for a time."),
    "work-back": Sentence("Tiếp tục việc sửa hồ sơ.", "The work on it goes on."),
    "work-raised": Sentence("Báo cấp trên vì để lâu.", "The unit above was told that it waits long."),
    "work-corrected": Sentence("Sửa dữ liệu của bạn.", "Your data were corrected."),
    "work-settled": Sentence("Kết thúc việc sửa hồ sơ.", "The work on it was ended."),
    "work-rechecked": Sentence("Cấp trên kiểm tra lại.", "The unit above checked it again."),
    "put-aside": Sentence("Tạm gác việc sửa hồ sơ.", "The work on it was put aside for a time."),
}
_POLICE: Final = Sentence("Công an xác minh.", "Police gave their word about you.")
_TOLD_OTHERWISE: Final = ("confirm-signed", "issue-signed")  # by what was signed
_OWN_LOOKS: Final = (
    "certificates-shown",
    "standing-shown",
    "history-shown",
    "read-notices",
    "fetch-pdf",
    "sheet-printed",
)
_PURPOSES: Final[Mapping[str, Sentence]] = {
    Purpose.CORRECTION: Sentence("để sửa dữ liệu", "to correct it"),
    Purpose.IDENTITY: Sentence("để đối chiếu dân cư", "to compare it with the register"),
    Purpose.DUPLICATE: Sentence("để tìm hồ sơ trùng", "to find duplicates"),
    Purpose.COMPLAINT: Sentence("để giải quyết phản ánh", "for a complaint"),
    Purpose.HOLDER_REQUEST: Sentence("theo yêu cầu của bạn", "because you asked"),
    Purpose.SAMPLE: Sentence("để kiểm tra lại công việc", "to check the work again"),
    Purpose.REVOCATION: Sentence("để xem xét thu hồi", "about a revocation"),
    Purpose.AUDIT: Sentence("để kiểm toán", "for an audit"),
    "code": Sentence("bằng mã gửi đến bạn", "by the code that was sent to you"),
    "slip": Sentence("bằng mã nhận trên phiếu", "by the claim code of the slip"),
    "counter": Sentence("tại quầy", "at a counter"),
}
_MADE: Final[Mapping[str, Sentence]] = {
    "session": Sentence("Ghi mũi tiêm tại buổi tiêm.", "A dose was entered at the session."),
    "import": Sentence("Nhập dữ liệu tiêm chủng.", "Data of the vaccination were taken in."),
    "renewal": Sentence("Chuẩn bị cấp mã mới.", "The renewal was prepared."),
}
_WRITTEN: Final = Sentence("Ghi dữ liệu của bạn.", "Your data were written down.")
_COMPARED: Final = Sentence("Đối chiếu với dữ liệu dân cư.", "It was compared with the population register.")
_LISTED: Final = Sentence("Đưa vào danh sách gửi công an xác minh.", "It was put on a list for the police to verify.")
_CONFIRMED: Final = Sentence("Ký xác nhận mũi tiêm.", "The doses were confirmed by signature.")
_SIGNED: Final = Sentence("Ký giấy chứng nhận.", "The certificate was signed.")
_GUARDIAN: Final = "guardian"  # the reason of such a look
_NOTHING: Final = Sentence("", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """One use. ``at`` is RFC 3339 in UTC; ``unit`` its code, "" for the person or the centre; ``why`` may be empty."""

    at: str
    unit: str
    who: Sentence
    what: Sentence
    why: Sentence


def history_of(connection: Connection, record_id: str) -> tuple[Used, ...]:
    """The newest `MOST`, newest first."""
    found = [*_acts(connection, record_id), *_made(connection, record_id), *_signed(connection, record_id)]
    newest = sorted(found, key=lambda one: one[0], reverse=True)[:MOST]
    codes = {unit for _, unit, _, _ in newest if unit}
    rows = connection.execute(select(units.c.code, units.c.name).where(units.c.code.in_(codes)))
    names = {row.code: Sentence(row.name, row.name) for row in rows}
    return tuple(
        Used(at=at, unit=unit if unit in names else "", who=_who(unit, names), what=what, why=why)
        for at, unit, what, why in newest
    )


_Found = tuple[str, str, Sentence, Sentence]


def _acts(connection: Connection, record_id: str) -> Iterator[_Found]:
    mine = select(complaints.c.complaint_id).where(
        complaints.c.record_id == record_id, complaints.c.kind != ComplaintKind.CONDUCT.value
    )
    subjects = [record_id, *connection.execute(mine).scalars()]
    looked = (audit.c.actor == CITIZEN) & audit.c.act.in_(_OWN_LOOKS) & (audit.c.reason != _GUARDIAN)
    rows = connection.execute(
        select(audit.c.at, audit.c.actor, audit.c.act, audit.c.reason)
        .where(audit.c.subject.in_(subjects), ~looked, audit.c.act.not_in(_TOLD_OTHERWISE))
        .order_by(audit.c.sequence.desc())
        .limit(MOST)
    )
    for row in rows:
        what = _POLICE if row.act.startswith("police-") else _ACTS.get(row.act, _OTHER)
        by = _GUARDIAN if row.actor == CITIZEN and row.reason == _GUARDIAN else _unit(row.actor)
        yield row.at, by, what, _PURPOSES.get(row.reason, _NOTHING)


def _made(connection: Connection, record_id: str) -> Iterator[_Found]:
    made = select(record_versions.c.made_at, record_versions.c.made_by, record_versions.c.why)
    for row in connection.execute(made.where(record_versions.c.record_id == record_id)):
        yield row.made_at, _unit(row.made_by), _MADE.get(row.why, _WRITTEN), _NOTHING
    for at in connection.execute(select(evidence.c.made_at).where(evidence.c.record_id == record_id)).scalars():
        yield at, "", _COMPARED, _NOTHING
    listed = (
        select(identity_lists.c.made_at, identity_lists.c.unit)
        .join(identity_list_rows, identity_list_rows.c.list_id == identity_lists.c.list_id)
        .where(identity_list_rows.c.record_id == record_id)
    )
    for at, unit in connection.execute(listed):
        yield at, unit, _LISTED, _NOTHING


def _signed(connection: Connection, record_id: str) -> Iterator[_Found]:
    for table, at, what in (
        (confirmations, confirmations.c.confirmed_at, _CONFIRMED),
        (passports, passports.c.signed_at, _SIGNED),
    ):
        query = (
            select(at, tokens.c.unit)
            .join(tokens, tokens.c.fingerprint == table.c.fingerprint)
            .where(table.c.record_id == record_id)
        )
        for signed_at, unit in connection.execute(query):
            yield signed_at, unit, what, _NOTHING


def _unit(actor: str) -> str:
    return actor if actor == CITIZEN else unit_of(actor) or ""


def _who(unit: str, names: Mapping[str, Sentence]) -> Sentence:
    return {CITIZEN: YOURSELF, _GUARDIAN: GUARDIAN}.get(unit) or names.get(unit, CENTRE)
