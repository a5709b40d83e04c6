"""The photo of a page's form."""

from starlette.datastructures import FormData, UploadFile

from api.complaints.photos import LARGEST_FILE, CleanPhoto, clean_photo
from api.errors import CentreError


def photo_of(form: FormData, name: str = "photo") -> CleanPhoto | None:
    """The photo of a form, if there is one. Raises CentreError as `clean_photo`, naming the field."""
    photo = form.get(name)
    if not isinstance(photo, UploadFile) or not photo.filename:
        return None
    try:
        return clean_photo(photo.file.read(LARGEST_FILE + 1))
    except CentreError as error:
        raise CentreError(error.code, error.detail, fields=(name,), retry_after=error.retry_after) from error
