from dbt.events.types import LogModelResult
from dbt_common.events.base_types import EventLevel
from dbt_common.events.types import Note

from dagster_project.dbt_events import ResultsOnly


def told(manager: ResultsOnly) -> list[str]:
    names: list[str] = []
    manager.add_callback(lambda message: names.append(message.info.name))
    return names


def test_results_warnings_and_errors_are_told_and_nothing_else() -> None:
    manager = ResultsOnly()
    names = told(manager)
    manager.fire_event(Note(msg="executing a statement"), level=EventLevel.DEBUG)
    manager.fire_event(Note(msg="on the way"))
    assert names == []
    manager.fire_event(LogModelResult(description="a model", status="OK", index=1, total=1, execution_time=0.1))
    manager.fire_event(Note(msg="look here"), level=EventLevel.WARN)
    manager.fire_event(Note(msg="broken"), level=EventLevel.ERROR)
    assert names == ["LogModelResult", "Note", "Note"]


def test_everything_is_told_where_dbt_keeps_a_log() -> None:
    class Log:
        def filter(self, message: object) -> bool:
            return False

    manager = ResultsOnly()
    names = told(manager)
    manager.loggers.append(Log())  # type: ignore[arg-type]
    manager.fire_event(Note(msg="executing a statement"), level=EventLevel.DEBUG)
    assert names == ["Note"]
