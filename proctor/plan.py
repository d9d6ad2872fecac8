"""What an exam is taken on: suites, base models, systems and seeds, the judge, and where everything goes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from proctor import drafts_told, options
from proctor.checkout import commit_name, now
from proctor.core import code, workspace
from proctor.core.reading.problems import Problems, closest
from proctor.core.schema import NO_BASE, InputError, Suite
from proctor.core.storage.cache import Cache, digest
from proctor.models import systems
from proctor.models.systems import System
from proctor.suites.loading import load as load_suite

if TYPE_CHECKING:  # what makes candidates and scores is imported where it is used: who only lists tests can do without
    from proctor.evals.exam import EvalContext, Exam
    from proctor.evals.judges.protocols import Judge
    from proctor.leaderboard.compare.thresholds import Baseline
    from proctor.leaderboard.runs.store import Store
    from proctor.models.base.base import BaseModel
    from proctor.models.candidates.external import External, Setup
    from proctor.models.candidates.kinds import Examined
    from proctor.models.runtime import Runtime


@dataclass(frozen=True, eq=False)
class ExamCell:
    """One candidate before one suite. It is made when it is first looked at."""

    suite: Suite
    system: System
    seed: int
    rival: System
    """The row of `base`."""
    model: BaseModel | None
    """The base model; none where every system is built elsewhere."""
    setup: Callable[[], Setup]

    @cached_property
    def candidate(self) -> Examined:
        """What is examined; InputError if it could only fail later."""
        from proctor.models.candidates import kinds

        return kinds.candidate(self.system, self.model, self.setup(), self.seed)

    @cached_property
    def base(self) -> Examined:
        """What a loss of general skills is measured against: the base model by itself, or the external system called ``base``."""
        from proctor.models.candidates import kinds

        return kinds.candidate(self.rival, self.model, self.setup())


@dataclass(frozen=True)
class Plan:
    """What the exam is taken on. Its parts are looked up once, before any work.

    Raises:
        InputError: something that was asked for is not there or not right, whichever part is looked up first.
    """

    option: Any
    """The options of `proctor.options`, settled."""
    root: Path
    """The root of the project."""
    found: list[Path] = field(default_factory=list)
    """Folders of suites, for where the options name none."""
    kept_in: Path | None = None
    """Where everything expensive is kept, if not in the project's cache."""
    started: str = field(default_factory=now)
    timed: list[ExamCell] = field(default_factory=list)
    """The cells whose latency is asked for, once the tests are collected."""

    @cached_property
    def cache(self) -> Cache:
        """Where everything expensive is kept."""
        return Cache(self.kept_in or self.ours.cache)

    @cached_property
    def ours(self) -> workspace.Workspace:
        """The project: its folders and its settings."""
        return workspace.at(self.root)

    @cached_property
    def judge(self) -> Judge:
        """What decides whether a text supports a claim."""
        from proctor.evals.judges.kept import kept
        from proctor.evals.judges.protocols import load_judge

        return kept(load_judge(self.option.judge), self.cache)

    def taught(self, suite: Suite) -> list[System]:
        """All that were named; of a whole table, where the suite has no examples, those that need none."""
        if self.option.system or suite.domain.examples:
            return self.systems
        return [system for system in self.systems if not system.needs_examples]

    @cached_property
    def systems(self) -> list[System]:
        """The systems to examine."""
        return systems.choose(self.table, self.option.system)

    @cached_property
    def table(self) -> dict[str, System]:
        """The table that they are chosen from."""
        return systems.load(self._table_path)

    @property
    def _table_path(self) -> Path:
        return Path(self.option.systems) if self.option.systems else systems.TABLE

    @property
    def suites(self) -> list[Suite]:
        """The suites to examine on."""
        return list(self.folders.values())

    @cached_property
    def folders(self) -> dict[Path, Suite]:
        """Folder -> suite. Every problem of every suite is said at once."""
        option = self.option
        allowed = {"trust": option.trust_suite_code, "outside": option.allow_outside_files}
        found = load_suite.load_all(option.suite or [str(folder) for folder in self.found], **allowed)
        problems = [text for suite in found.values() for text in self._unknown_thresholds(suite)]
        if not option.drafts:
            problems += [drafts_told.refusal(folder, suite) for folder, suite in found.items() if suite.drafts]
        if problems:
            raise InputError("\n".join(problems))
        return found

    def _unknown_thresholds(self, suite: Suite) -> Iterator[str]:
        """A threshold for a system that no table has would hold nothing, and look as if it did."""
        known = self.table.keys() | systems.load(systems.TABLE).keys()  # a suite may be for both
        for metric, thresholds in suite.thresholds.items():
            for name in [name for name in thresholds if name not in known]:
                none = f"{self._table_path} has no system {name}"
                yield f"suite {suite.name}: thresholds.{metric}: {none}; {closest(name, self.table)}"

    @cached_property
    def bases(self) -> list[BaseModel]:
        """The base models; none where none is named and every system is built elsewhere."""
        from proctor.models.base import base as base_models

        if not self.option.base_model and all(system.external for system in self.systems):
            return []
        remote = self.option.trust_remote_code
        names = self.option.base_model or [str(base_models.EMBEDDED)]
        return base_models.find_all(names, self.cache, trust_remote_code=remote)

    @cached_property
    def cells(self) -> list[ExamCell]:
        """Suite x base model x system x seed or repeat."""
        bases: list[BaseModel | None] = [*self.bases] or [None]
        return [
            ExamCell(suite, system, seed, self._rival(system, base), base, setup)
            for suite in self.suites
            for base in bases
            for setup in [cache(partial(self._setup, suite, base))]
            for system in self.taught(suite)
            for seed in range(self._times(system))
        ]

    def look_up(self) -> None:
        """Make every candidate, the judge and what is compared with, so that a mistake costs a second and no hour.

        Raises:
            InputError: something could only fail later. All that is wrong with any system is said at once.
        """
        code.keep_in(self.cache)
        problems = Problems()
        for cell in self.cells:
            with problems.gathering():
                systems.check_variables(self._table_path, [cell.system])
                cell.candidate, cell.base  # noqa: B018 # looked up for their errors
        problems.check()
        self.judge.name, self.against  # noqa: B018

    @cached_property
    def _runtime(self) -> Runtime:
        from proctor.models import runtime

        return runtime.Runtime(self.cache, runtime.pick_device(self.option.device))

    def _setup(self, suite: Suite, base: BaseModel | None) -> Setup:
        return setup_of(suite, base, self._runtime, self.root, self.option.limit)

    def _times(self, system: System) -> int:
        """How often a system is examined: trained with another seed each time, or asked the same once more."""
        if system.live:
            return int(self.option.repeats)
        return int(self.option.seeds) if system.trains else 1

    def _rival(self, system: System, base: BaseModel | None) -> System:
        return self.table[system.base] if system.base else System("base") if base else system

    def refresh(self) -> None:
        """Have every live system asked again, if that is wished: once a run, before anything is made of its version."""
        if self.option.refresh:
            for candidate in {one.origin: one for _, one in self._external if one.system.live}.values():
                candidate.refresh(self.started)

    @property
    def notes(self) -> list[str]:
        """What was changed, left out or found odd in suites, and what is to be known of systems that are built elsewhere."""
        of_systems = [f"system {one.name} on {suite}: {note}" for suite, one in self._external for note in one.notes]
        return self.notes_of_suites + list(dict.fromkeys(of_systems))

    @property
    def notes_of_suites(self) -> list[str]:
        """What was changed, left out or found odd in suites."""
        told = ((suite, note) for suite in self.suites for note in (*suite.notes, drafts_told.note(suite)))
        return [f"suite {suite.name}: {note}" for suite, note in told if note]

    @property
    def _external(self) -> list[tuple[str, External]]:
        """The candidates that are built elsewhere, each with its suite's name."""
        from proctor.models.candidates.external import External

        return [(cell.suite.name, cell.candidate) for cell in self.cells if isinstance(cell.candidate, External)]

    def id(self, cell: ExamCell) -> str:
        """A cell's part of a test's name: suite and system, and base model and seed where there are several."""
        model = [cell.model.label] if cell.model and len(self.bases) > 1 else []
        what = "repeat" if cell.system.live else "seed"
        seed = [f"{what}{cell.seed}"] if self._times(cell.system) > 1 else []
        return "-".join([cell.suite.name, *model, cell.system.name, *seed])

    @cached_property
    def run_folder(self) -> Path:
        """Named by the commit and by all that shapes the records, so that the same run goes on where it stopped."""
        if named := self.option.run_dir or self.ours.path("run_dir"):
            return Path(named)
        asked = [
            self.judge.name,
            self.option.limit,
            [(cell.suite.version, cell.candidate.name, cell.candidate.version) for cell in self.cells],
        ]
        return self.ours.runs / f"{commit_name(self.root)}-{digest(*asked)[:8]}"

    @cached_property
    def against(self) -> Baseline | None:
        """The saved run to compare with, and what may be lost against it."""
        if self.option.eval_compare is None:
            if self.option.eval_compare_fail:
                raise InputError("--eval-compare-fail needs --eval-compare, to say what to compare with")
            return None
        from proctor.leaderboard.compare import thresholds  # they load numpy, which nobody needs who does not compare
        from proctor.leaderboard.runs import saved as saved_runs

        saved = saved_runs.open_run(thresholds.find(self.option.eval_compare or None, self.ours.saved_runs))
        demands = [thresholds.demand(text) for text in self.option.eval_compare_fail]
        return thresholds.Baseline(saved, demands, self.suite_contents)

    @cached_property
    def store(self) -> Store:
        """The run's folder."""
        from proctor.leaderboard.runs.store import Store  # loads numpy, which pytest can do without while it collects

        return Store(self.run_folder)

    def evaluation(self, cell: ExamCell) -> EvalContext:
        """What the axes are given for a cell."""
        from proctor.evals.exam import EvalContext

        questions, beside = cell.suite.questions[: self.option.limit], self._beside(cell)
        return EvalContext(cell.suite, questions, cell.candidate, cell.base, self.judge, self.cache, self.option.limit, beside)

    def exam(self, evaluation: EvalContext, tell: Callable[[str, object], None]) -> Exam:
        """What takes axes of an evaluation; ``tell`` is told every value by its name."""
        from proctor.evals.exam import Exam

        candidate = evaluation.candidate
        keep = partial(self.store.keep_files, evaluation.suite.name, candidate.base_model, candidate.name, candidate.seed)
        return Exam(evaluation, self.store.add, tell, keep, self.against.complaints if self.against else None)

    def keep_answers(self, cell: ExamCell, evaluation: EvalContext) -> None:
        """Keep a candidate's answers with the run once it was asked, now or before: scores may be read back without them."""
        candidate = cell.candidate
        if "answers" in vars(evaluation) or not candidate.unanswered(evaluation.questions):
            self.store.add_answers(
                evaluation.suite.name, candidate.base_model, candidate.name, candidate.seed, evaluation.answered
            )

    def _beside(self, cell: ExamCell) -> tuple[Examined, ...]:
        """The candidates of the same suite and base model that are timed in this run."""
        here = (cell.suite.name, cell.candidate.base_model)
        mine = [each for each in self.timed if (each.suite.name, each.candidate.base_model) == here]
        return tuple(each.candidate for each in mine)

    @cached_property
    def suite_contents(self) -> dict[str, Any]:
        """What the suites consist of, so that this run can be compared with one of which the documents were others."""
        from proctor.suites.loading import identity

        return {suite.name: identity.contents(suite) for suite in self.suites}

    @property
    def base_facts(self) -> dict[str, Any]:
        """What provenance says of the base models."""
        return {base.label: {"version": base.version, "parameters": base.parameters} for base in self.bases}

    @property
    def settings(self) -> list[str]:
        """A note of the project's settings, where they could be read."""
        return options.from_settings(self.ours) if "ours" in vars(self) else []

    @property
    def site(self) -> Path:
        """Where the page goes."""
        return Path(self.option.site or self.ours.site)

    @property
    def saving(self) -> Path | None:
        """Where the run is saved, if it is."""
        if self.option.eval_save is None:
            return None
        from proctor.leaderboard.compare import thresholds  # it loads numpy

        name, folder = self.option.eval_save, self.ours.saved_runs
        return thresholds.place(name, folder) if name else thresholds.own_place(self.run_folder, folder)


def setup_of(suite: Suite, base: BaseModel | None, runtime: Runtime, root: Path, limit: int | None = None) -> Setup:
    """What candidates of a suite are made from, beside their rows of the table; ``limit`` questions of it are asked."""
    from proctor.models.candidates.external import Setup
    from proctor.models.generation import limits

    questions = {question.id: question.text for question in suite.questions}
    label = base.label if base else NO_BASE
    return Setup(suite.domain, runtime, label, limits.limits(suite, base), root, questions, limit)
