"""Which worker of `-n` takes which files of tests: what loads the large libraries stays together, and is loaded once."""

from __future__ import annotations

from typing import Any

from xdist.scheduler import LoadFileScheduling

from tests.order import loads_much


class Sorted(LoadFileScheduling):
    """Files in the order of the first worker's collection; its own are those that load much, as long as there are any.

    The others leave those to it as long as they find something else.
    """

    def _assign_work_unit(self, node: Any) -> None:
        first = node is self.nodes[0]
        wanted = next((file for file in self.workqueue if loads_much(file) is first), None)
        if wanted is not None:
            self.workqueue.move_to_end(wanted, last=False)
        super()._assign_work_unit(node)
