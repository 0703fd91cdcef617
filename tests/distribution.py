"""How the files of tests are shared out to the processes of a run."""

from xdist.scheduler import LoadFileScheduling

ON_ONE_STAGE = {f"tests/browser/test_{name}.py" for name in ("connecting", "frames", "picker", "roster", "story")}
"""Files whose tests ask for `processes`: to start those takes longer than most tests, so one process runs them all."""


class FilesAndStage(LoadFileScheduling):
    """Keeps the tests of one file together, and the files of one stage."""

    def _split_scope(self, nodeid: str) -> str:
        scope: str = super()._split_scope(nodeid)
        return "stage" if scope in ON_ONE_STAGE else scope
