"""What sets a scenario off: the shapes of `trigger`."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from dagster_project.activation.audiences.comparing import SUBJECTS
from dagster_project.activation.scenarios.parts import Delay, Minute, Part

NINE = 9 * 60
Word = Annotated[str, Field(min_length=1)]
Subject = Literal["product_id", "brand_id", "content_id", "store_id", "campaign_id"]


def _as_list(value: Any) -> Any:
    return value if isinstance(value, list) or value is None else [value]


def _each_once(values: list[Any]) -> list[Any]:
    return list(dict.fromkeys(values))


Words = Annotated[list[Word], BeforeValidator(_as_list), Field(min_length=1), AfterValidator(_each_once)]
Nths = Annotated[list[Annotated[int, Field(ge=1, strict=True)]], BeforeValidator(_as_list), Field(min_length=1)]


class CartLeft(Part):
    """Adds since the last order, timed by the last of them."""

    kind: Literal["cart_left"]


class Birthday(Part):
    """Each birthday, at a clock time where the customer lives; that of 29 February is 28 February in common years."""

    kind: Literal["birthday"]
    at: Minute = NINE
    ahead: Delay | None = None


class TrialArrived(Part):
    """A trial order that arrived (delivered, or carried home from a shop) before any counted order."""

    kind: Literal["trial_arrived"]


class _Numbered(Part):
    """The nth of a customer's (one number or several), or every one."""

    nth: Nths | None = None
    every: bool = False

    @model_validator(mode="after")
    def _says_which(self) -> "_Numbered":
        if self.every and self.nth:
            raise ValueError("give nth or every, not both")
        return self

    @property
    def numbers(self) -> list[int]:
        """Which ones trigger; empty: every one."""
        return [] if self.every else (self.nth or [1])


class Order(_Numbered):
    """The customer's nth counted order, or every one."""

    kind: Literal["order"]


class After(Part):
    """A message that the customer opened or clicked before the act; `same`: it was about the same product or brand."""

    scenario: Word
    step: Word | None = None
    event: Literal["opened", "clicked"] = "opened"
    same: Literal["product_id", "brand_id"] | None = None


ACT_FILTERS = (
    "action", "channel", "brand_id", "product_id", "category", "content_id", "store_id", "campaign_id",
    "information_kind", "score_category",
)  # fmt: skip


class Act(_Numbered):
    """The customer's nth act of these (of each product, brand ... where `of_each` says so), or every one."""

    kind: Literal["act"]
    action: Words
    channel: Words | None = None
    brand_id: Words | None = None
    product_id: Words | None = None
    category: Words | None = None
    content_id: Words | None = None
    store_id: Words | None = None
    campaign_id: Words | None = None
    information_kind: Words | None = None
    score_category: Words | None = None
    of_each: Subject | None = None
    after: After | None = None

    @property
    def filters(self) -> dict[str, list[str]]:
        """Column of touchpoints -> the values that count."""
        return {name: values for name in ACT_FILTERS if (values := getattr(self, name))}


class Badge(Part):
    """A badge earned, at the act that earned it."""

    kind: Literal["badge"]
    badge_id: Words


Scalar = str | int | bool | date


class Row(Part):
    """A row of a mart with customer_id: `at` is its time or Tokyo day, `key` tells a customer's rows apart."""

    kind: Literal["row"]
    mart: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    at: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    at_time: Minute = 0
    where: dict[str, Annotated[list[Scalar], BeforeValidator(_as_list)]] = Field(default_factory=dict)
    key: Annotated[list[Word], Field(min_length=1)]


class Score(Part):
    """The act at which the points of a category first summed up to a level; fading plays no part."""

    kind: Literal["score"]
    category: Literal["product", "lifestyle", "lifestance", "total"]
    reaches: int = Field(ge=1, strict=True)


class Entered(Part):
    """The Tokyo day on which the customer entered one of these RF segments from outside, by an order or by time.

    `ahead`: so many days before time will do it.
    """

    kind: Literal["entered"]
    rf_segment: Words
    at: Minute = NINE
    ahead: Delay | None = None


class Replenishment(Part):
    """The day on which a product bought last will be used up, by the product's replenishment_days.

    `bought`: only products bought in so many orders.
    """

    kind: Literal["replenishment"]
    ahead: Delay | None = None
    bought: int = Field(default=1, ge=1, strict=True)
    product_id: Words | None = None
    brand_id: Words | None = None
    category: Words | None = None


Day = Annotated[str, BeforeValidator(str), Field(pattern=r"^([0-9]{4}-)?(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$")]


class Calendar(Part):
    """Days of the calendar, `MM-DD` each year or one date; everyone of the audience."""

    kind: Literal["calendar"]
    dates: list[Day] = Field(min_length=1)
    at: Minute = NINE

    @model_validator(mode="after")
    def _are_days(self) -> "Calendar":
        for day in self.dates:
            date.fromisoformat(day if len(day) == 10 else f"2000-{day}")
        return self


class Season(Part):
    """The first day of a season of rules/seasonal_rules.csv, by its name or a rule_id; everyone of the audience."""

    kind: Literal["season"]
    season: Words
    ahead: Delay | None = None
    at: Minute = NINE


class CampaignStart(Part):
    """The first day of a campaign, or so many days ahead of it; everyone of the audience."""

    kind: Literal["campaign_start"]
    campaign_id: Words | None = None
    campaign_kind: Words | None = None
    ahead: Delay | None = None
    at: Minute = NINE


class NewProduct(Part):
    """The launch day of a product, for who bought its brand within so many days before, and not the product."""

    kind: Literal["new_product"]
    bought_within: Delay = Delay(days=365)
    brand_id: Words | None = None
    category: Words | None = None
    at: Minute = NINE


Trigger = Annotated[
    CartLeft | Birthday | TrialArrived | Order | Act | Badge | Row | Score | Entered | Replenishment | Calendar | Season
    | CampaignStart | NewProduct,
    Field(discriminator="kind"),
]  # fmt: skip

KINDS = (
    "act", "badge", "birthday", "calendar", "campaign_start", "cart_left", "entered", "new_product", "order",
    "replenishment", "row", "score", "season", "trial_arrived",
)  # fmt: skip
# Those that everybody would meet at once: without an audience they would be a mailing to the whole shop.
FOR_AUDIENCES = ("calendar", "season", "campaign_start")
# What triggers of a kind are about, so that conditions and `of_each` can speak of it; a row of what its mart has.
ABOUT: dict[str, tuple[str, ...]] = {
    "act": SUBJECTS,
    "campaign_start": ("brand_id", "store_id", "campaign_id"),
    "cart_left": ("product_id",),
    "new_product": ("product_id", "brand_id"),
    "order": ("product_id",),
    "replenishment": ("product_id", "brand_id"),
    "row": SUBJECTS,
    "trial_arrived": ("product_id",),
}
# Those of which messages and exits can name the product.
WITH_PRODUCT = tuple(kind for kind, subjects in ABOUT.items() if "product_id" in subjects)
