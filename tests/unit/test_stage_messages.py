"""What a failed dbt node says to the person who ran it."""

from dagster_project.dbt_stage import _told

PYTHON_MODEL = """Runtime Error in model likely (models/identity/likely.py)
  Python model failed:
  Traceback (most recent call last):
    File "environments.py", line 286, in run_python_job
      df = module.model(dbt, con)
           ^^^^^^^^^^^^^^^^^^^^^^
  dagster_project.errors.StageFailed: too many pairs in block email;
  give it a further key
"""


def test_a_python_model_says_what_happened_and_not_where():
    assert _told(PYTHON_MODEL) == (
        "Runtime Error in model likely (models/identity/likely.py) Python model failed:"
        " too many pairs in block email; give it a further key"
    )


def test_a_landed_file_that_is_torn_is_named():
    file = "/home/taro/.kizuna/landing/web_events/0123456789abcdef.parquet"
    told = _told(f"Invalid Input Error: No magic bytes found at end of file '{file}'\n  LINE 1: 'taro@example.jp'")
    assert file in told
    assert "taro@" not in told
    assert told.endswith("restore it from a backup")


def test_a_quoted_value_is_left_out():
    assert _told("Conversion Error: could not cast 'hanako@example.jp'\n  LINE 1") == (
        "Conversion Error: could not cast '...' LINE 1"
    )
    assert _told(None) == ""
