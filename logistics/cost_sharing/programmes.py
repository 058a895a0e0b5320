"""Linear programmes that grow row by row, solved by HiGHS on one thread, so that they repeat."""

from collections.abc import Sequence

import highspy
import numpy as np

from logistics.cost_sharing.game import Floats, Ints

INFINITE = highspy.kHighsInf


class Infeasible(ArithmeticError):
    """No point meets all rows."""


class Programme:
    """Minimise `costs @ x` within bounds and rows."""

    def __init__(self, costs: Floats, lower: Floats, upper: Floats) -> None:
        self.highs = highspy.Highs()
        options: dict[str, bool | int | float | str] = {
            "log_to_console": False,
            "output_flag": False,
            "threads": 1,
            "parallel": "off",
            "random_seed": 0,
            "primal_feasibility_tolerance": 1e-9,
            "dual_feasibility_tolerance": 1e-9,
        }
        for option, value in options.items():
            self.highs.setOptionValue(option, value)
        size = len(costs)
        self.highs.addVars(size, lower.astype(float), upper.astype(float))
        self.highs.changeColsCost(size, np.arange(size, dtype=np.int32), costs.astype(float))

    def add(self, columns: Sequence[int] | Ints, factors: Sequence[float] | Floats, lower: float, upper: float) -> None:
        """`lower <= sum(factors * x[columns]) <= upper`."""
        self.highs.addRow(lower, upper, len(columns), np.array(columns, dtype=np.int32), np.array(factors, dtype=float))

    def solve(self) -> Floats:
        """The best point. Raises Infeasible when there is none, ArithmeticError when the solver gave up."""
        self.highs.run()
        status = self.highs.getModelStatus()
        if status in (highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible):
            raise Infeasible("no shares meet all conditions")
        if status != highspy.HighsModelStatus.kOptimal:
            raise ArithmeticError(f"the solver stopped: {self.highs.modelStatusToString(status)}")
        return np.array(self.highs.getSolution().col_value)

    def duals(self) -> Floats:
        """The price of each row in the last solution."""
        return np.array(self.highs.getSolution().row_dual)
