"""What a scenario is: the shape of `seeds/scenarios/<scenario_id>.yml`. No files and no database here."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PrivateAttr, model_validator

from dagster_project.activation.audiences.parts import Condition
from dagster_project.activation.scenarios.parts import Delay, Part, Quiet, Window
from dagster_project.activation.scenarios.triggers import Subject, Trigger
from dagster_project.errors import Fault
from dagster_project.yaml_lines import Place, line_of

Channel = Literal["email", "line", "sms", "push", "messenger", "dm", "phone", "web", "insert", "ad"]
Smart = Literal["channel", "hour"]
EXIT_WORDS = ("purchase", "product_purchase", "cart_emptied")
MESSAGE_WORDS = ("opened", "not_opened", "clicked", "not_clicked")
PURCHASE_WORDS = ("purchased", "not_purchased")
OWN_WORDS = (*MESSAGE_WORDS, *PURCHASE_WORDS)
NAME = r"^[a-z][a-z0-9_]*$"


class When(Part):
    """A condition on who is about to get a step, all parts of which must hold.

    What became of earlier steps of the scenario, whether anything was bought since the trigger, and `others`, which is
    the language of audiences.
    """

    opened: str | None = None
    not_opened: str | None = None
    clicked: str | None = None
    not_clicked: str | None = None
    purchased: Literal[True] | None = None
    not_purchased: Literal[True] | None = None
    others: Condition | None = None

    @model_validator(mode="before")
    @classmethod
    def _apart(cls, value: Any) -> Any:
        """Own words stand beside those of audiences in one mapping."""
        if isinstance(value, When) or (isinstance(value, dict) and "others" in value):
            return value
        if not isinstance(value, dict):
            return {"others": value}
        own = {key: part for key, part in value.items() if key in OWN_WORDS}
        others = {key: part for key, part in value.items() if key not in own}
        return {**own, "others": others} if others else own

    @property
    def messages(self) -> dict[str, str]:
        """opened, not_opened, clicked or not_clicked -> the step that it asks about."""
        return {word: step for word in MESSAGE_WORDS if (step := getattr(self, word))}

    @property
    def is_purchased(self) -> bool | None:
        """Whether it asks for a purchase (true), for none (false), or not at all."""
        return True if self.purchased else False if self.not_purchased else None


class Exit(Part):
    """What ends a scenario, or leaves out a step: a word, or a condition with a name, which is its reason."""

    name: str = Field(pattern=NAME, max_length=40)
    when: When | None = None

    @property
    def reason(self) -> str:
        """What stands in suppressions."""
        return "purchased" if self.when is None and self.name in ("purchase", "product_purchase") else self.name


def _exit(value: Any) -> Any:
    return {"name": value} if isinstance(value, str) else value


ExitOrWord = Annotated[Exit, BeforeValidator(_exit)]


class Scheduled(Part):
    """What a message says and offers from one Tokyo day to another, by the day on which it is sent."""

    from_: date = Field(alias="from")
    until: date
    content_id: str | None = Field(default=None, min_length=1)
    product_id: str | None = None

    @model_validator(mode="after")
    def _is_a_time(self) -> "Scheduled":
        if self.from_ > self.until:
            raise ValueError("until is before from")
        if self.content_id is None and self.product_id is None:
            raise ValueError("name a content_id or a product_id")
        return self


class Variant(Part):
    """What is sent, and how. `product`: the trigger's, that of its line bought most, or a recommended one."""

    when: When | None = None
    channel: Channel
    content_id: str = Field(min_length=1)
    product: str | None = Field(default=None, pattern=r"^(trigger|line|recommendation:[a-z_]+)$")
    product_id: str | None = None
    cost_per_message: float | None = Field(default=None, ge=0)
    schedule: list[Scheduled] = Field(default_factory=list)


class Step(Part):
    """One message. The first step's delay counts from the trigger, the others' from the send time before."""

    step: str = Field(pattern=r"^[a-z0-9_]+$")
    delay: Delay
    skip: list[ExitOrWord] = Field(default_factory=list)
    smart: list[Smart] = Field(default_factory=list)
    variants: list[Variant] = Field(min_length=1)


class ReEntry(Part):
    """How often one customer may enter: once, again after a time from trigger to trigger, or with each trigger.

    `of_each`: so often for each product (brand, store ...) that triggers are about, whatever the others.
    """

    once: bool = False
    after: Delay | None = None
    of_each: Subject | None = None

    @property
    def is_limited(self) -> bool:
        """Whether some trigger may come too early."""
        return self.once or self.after is not None


def _re_entry(value: Any) -> Any:
    """`always` and `never` in words."""
    words = {"always": {}, "never": {"once": True}}
    if isinstance(value, str) and value not in words:
        raise ValueError(f"`{value}` is none of always, never and {{after: {{days: 90}}}}")
    return words[value] if isinstance(value, str) else value


class Scenario(Part):
    """One scenario; None where the settings decide. `priority`: higher comes first among scenarios."""

    id: str = Field(pattern=r"^[a-z0-9_]+$")
    description: str = Field(min_length=1)
    cadence: Literal["daily", "hourly"]
    trigger: Trigger
    steps: list[Step] = Field(min_length=1)
    audience: Condition | None = None
    exits: list[ExitOrWord] = Field(default_factory=list)
    re_entry: Annotated[ReEntry, BeforeValidator(_re_entry)] = ReEntry()
    expires_after: Delay | None = None
    send_window: Window | None = None
    quiet_hours: Quiet | None = None
    holdout: float | None = Field(default=None, ge=0, le=1)
    priority: int = Field(default=0, strict=True)
    is_transactional: bool = False
    cost_per_message: float = Field(default=0, ge=0)
    outcome_days: int | None = Field(default=None, ge=1, strict=True)
    valid_from: date | None = None
    valid_until: date | None = None
    rule_version: str = ""
    _lines: dict[Place, int] = PrivateAttr(default_factory=dict)

    def fault(self, place: Place, message: str, remedy: str = "") -> Fault:
        """A fault at `place` of this scenario's file, found when the file had been read."""
        line = line_of(self._lines, place) if self._lines else 0
        return Fault(f"seeds/scenarios/{self.id}.yml", line, message, remedy)

    @property
    def whens(self) -> list[tuple[int | None, When]]:
        """What its exits ask (None), and its steps, by place from 0: to be left out, and for their variants."""
        whens: list[tuple[int | None, When | None]] = [(None, exit_.when) for exit_ in self.exits]
        for place, step in enumerate(self.steps):
            whens += [(place, one.when) for one in step.skip] + [(place, variant.when) for variant in step.variants]
        return [(place, when) for place, when in whens if when]

    @property
    def exit_places(self) -> list[tuple[str | None, int, Exit]]:
        """(step, position, exit): those that end the scenario (step None), then what leaves out each step.

        Of several that are met the first position is told. Each step's follow those of the scenario.
        """
        places: list[tuple[str | None, int, Exit]] = [(None, *one) for one in enumerate(self.exits, start=1)]
        for step in self.steps:
            places += [(step.step, *one) for one in enumerate(step.skip, start=len(self.exits) + 1)]
        return places
