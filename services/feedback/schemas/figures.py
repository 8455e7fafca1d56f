"""The HTTP bodies of figures."""

from pydantic import BaseModel, Field

from services.feedback.domain.scoring import Nps


class Summary(BaseModel):
    """NPS of the final answers that no machine is suspected of."""

    count: int
    promoters: int
    passives: int
    detractors: int
    nps: int | None = Field(description="(promoters − detractors) ÷ answers, rounded once.")
    nps_exact: float | None
    margin: float | None = Field(description="Half the 95 % interval, in points.")

    @classmethod
    def of(cls, figures: Nps) -> "Summary":
        """From the domain."""
        return cls(
            count=figures.count,
            promoters=figures.promoters,
            passives=figures.passives,
            detractors=figures.detractors,
            nps=figures.score,
            nps_exact=figures.exact,
            margin=figures.margin,
        )
