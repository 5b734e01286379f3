import sys
from pathlib import Path

import pytest

from dagster_project.gates import library


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "kizuna_late.py").write_text("VALUE = 7\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(sys.modules, "kizuna_late", library._Later("kizuna_late"))
    return "kizuna_late"


def test_a_module_comes_when_one_of_its_names_is_asked_for(module: str) -> None:
    import kizuna_late

    assert not hasattr(kizuna_late, "__file__"), "what looks through all modules must not import it"
    assert isinstance(sys.modules[module], library._Later)
    assert kizuna_late.VALUE == 7
    assert not isinstance(sys.modules[module], library._Later)
    assert kizuna_late.VALUE == 7, "who has imported it before keeps what stands for it"


def test_what_is_hidden_can_be_imported_afterwards(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, module)
    with library._without((module, "json")):
        with pytest.raises(ImportError):
            import kizuna_late
        import json
    import kizuna_late

    assert (kizuna_late.VALUE, json.loads("7")) == (7, 7)


def test_what_stands_for_a_module_is_not_imported_with_great_expectations() -> None:
    gx = library.load()
    assert gx.__version__
    from scipy import stats

    assert stats.entropy([0.5, 0.5]) == pytest.approx(0.693, abs=0.001)
