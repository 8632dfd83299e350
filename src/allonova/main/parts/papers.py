"""Files, photos, identity papers."""

from __future__ import annotations

from allonova.application.files.drop_file import DropFile
from allonova.application.files.grant_upload import GrantUpload
from allonova.application.files.ports import FileStore, FilesUnit
from allonova.application.files.sweep_uploads import SweepUploads
from allonova.application.files.upload_desk import UploadDesk
from allonova.application.kernel.ports import Begin
from allonova.application.kyc.confirm_gender import ConfirmGender
from allonova.application.kyc.list_waiting_papers import ListWaitingPapers
from allonova.application.kyc.ports import KycQueries, KycUnit
from allonova.application.kyc.review_paper import ReviewPaper
from allonova.application.kyc.show_papers import ShowPapers
from allonova.application.kyc.submit_paper import SubmitPaper
from allonova.application.kyc.tell_owner import TellPaperOwner
from allonova.application.notifications.notices import NoticeDesk
from allonova.domain.files.events import FileDropped
from allonova.domain.kernel.events import Event
from allonova.domain.kyc.events import PapersApproved, PapersRejected
from allonova.main.parts import Outside, Part, Platform

HEARD: dict[type[Event], tuple[str, ...]] = {
    FileDropped: ("drop_file",),
    PapersApproved: ("text_paper_owner",),
    PapersRejected: ("text_paper_owner",),
}
EVERY_S = {"uploads": 600}


def build(platform: Platform, outside: Outside) -> Part:
    """Papers on their adapters."""
    begin: Begin[KycUnit] = platform.begin
    files_begin: Begin[FilesUnit] = platform.begin
    clock, ids, files, sealer = platform.clock, outside.ids, outside.files, outside.sealer
    queries: KycQueries = platform.papers
    desk = UploadDesk(files_begin, clock, files, outside.cleaner)
    return Part(
        use={
            FileStore: files,
            "signed_files": outside.signed_files,
            GrantUpload: GrantUpload(files_begin, clock, ids, files),
            SubmitPaper: SubmitPaper(begin, clock, ids, sealer, desk),
            ShowPapers: ShowPapers(queries, sealer),
            ListWaitingPapers: ListWaitingPapers(begin, queries, sealer, files),
            ReviewPaper: ReviewPaper(begin, clock),
            ConfirmGender: ConfirmGender(begin, clock),
        },
        handlers={
            "drop_file": DropFile(files),
        },
        notifiers={"text_paper_owner": TellPaperOwner(begin, NoticeDesk(platform.begin, clock))},
        jobs={"uploads": SweepUploads(files_begin, clock)},
    )
