"""What a scenario is: the shape of `seeds/scenarios/<scenario_id>.yml`. No files and no database here."""

import re
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

Channel = Literal["email", "line", "sms", "push", "messenger", "dm", "phone", "web", "insert", "ad"]
Exit = Literal["purchase", "cart_emptied"]

# What a variant's `when` may ask: columns of `customers`, and the channel that a member was won by.
ATTRIBUTES = ("acquisition_channel", "age_band", "gender", "member_rank", "prefecture", "rf_segment")


def minute_of_day(value: Any) -> int:
    """The minute of a clock time `HH:MM`; 24:00 is the end of the day. Raises ValueError.

    YAML 1.1 reads an unquoted 20:00 as the sexagesimal number 1200, which is the same minute.
    """
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 1440:
        return value
    found = re.fullmatch(r"([0-9]{1,2}):([0-5][0-9])", str(value))
    minute = int(found[1]) * 60 + int(found[2]) if found else -1
    if not 0 <= minute <= 1440:
        raise ValueError(f"`{value}` is not a clock time; write it as '09:00'")
    return minute


Minute = Annotated[int, BeforeValidator(minute_of_day)]


class Part(BaseModel):
    """A part of a scenario: unknown keys are faults, since a misspelt one would change who gets what."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Delay(Part):
    """A length of time: calendar months (clamped to the month's end, in Tokyo), days and hours together."""

    months: int = Field(default=0, ge=0, le=120, strict=True)
    days: int = Field(default=0, ge=0, le=3650, strict=True)
    hours: int = Field(default=0, ge=0, le=87600, strict=True)

    @model_validator(mode="after")
    def _names_a_unit(self) -> "Delay":
        if not self.model_fields_set:
            raise ValueError("name hours, days or months")
        return self


class Window(Part):
    """The Tokyo hours in which messages go out, as minutes of the day: start included, end not."""

    start: Minute
    end: Minute

    @model_validator(mode="after")
    def _opens_before_it_closes(self) -> "Window":
        if self.start >= self.end:
            raise ValueError("the window's start must be before its end, on one day")
        return self


class CartLeft(Part):
    """Adds since the last order, timed by the last of them."""

    kind: Literal["cart_left"]


class Birthday(Part):
    """Each birthday, at a clock time in Tokyo; that of 29 February is 28 February in common years."""

    kind: Literal["birthday"]
    at: Minute = 9 * 60


class TrialArrived(Part):
    """A trial order that arrived (delivered, or carried home from a shop) before any counted order."""

    kind: Literal["trial_arrived"]


class Order(Part):
    """The customer's nth counted order."""

    kind: Literal["order"]
    nth: int = Field(default=1, ge=1, strict=True)


Trigger = Annotated[CartLeft | Birthday | TrialArrived | Order, Field(discriminator="kind")]
EXITS_OF: dict[str, tuple[str, ...]] = {
    "cart_left": ("purchase", "cart_emptied"),
    "birthday": (),
    "trial_arrived": ("purchase",),
    "order": ("purchase",),
}


class Variant(Part):
    """What is sent, through which channel. `product`: the trigger's, or that of its line bought most."""

    when: dict[str, list[str]] = Field(default_factory=dict)
    channel: Channel
    content_id: str = Field(min_length=1)
    product: Literal["trigger", "line"] | None = None
    product_id: str | None = None


class Step(Part):
    """One message. The first step's delay counts from the trigger, the others' from the send time before."""

    step: str = Field(pattern=r"^[a-z0-9_]+$")
    delay: Delay
    variants: list[Variant] = Field(min_length=1)


class Scenario(Part):
    """One scenario; None where the settings decide. `priority`: higher comes first among scenarios."""

    id: str = Field(pattern=r"^[a-z0-9_]+$")
    description: str = Field(min_length=1)
    cadence: Literal["daily", "hourly"]
    trigger: Trigger
    steps: list[Step] = Field(min_length=1)
    exits: list[Exit] = []
    expires_after: Delay | None = None
    send_window: Window | None = None
    holdout: float | None = Field(default=None, ge=0, le=1)
    priority: int = Field(default=0, strict=True)
    valid_from: date | None = None
    valid_until: date | None = None
    rule_version: str = ""
