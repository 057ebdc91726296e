package io.millrace.streams.job;

import io.millrace.streams.plan.Operator;
import io.millrace.streams.plan.Plan;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Whether one version of a job can go on with the state and the internal topics of another. */
final class Compatibility {

    private Compatibility() {}

    /** @return why not; empty if it can */
    static Optional<String> problem(Plan current, Plan candidate) {
        Map<String, String> before = shape(current);
        Map<String, String> after = shape(candidate);
        if (before.equals(after)) {
            return Optional.empty();
        }
        Map<String, String> gone = new TreeMap<>(before);
        gone.entrySet().removeAll(after.entrySet());
        Map<String, String> fresh = new TreeMap<>(after);
        fresh.entrySet().removeAll(before.entrySet());
        return Optional.of("its state does not fit: it had " + gone.values() + " and would have " + fresh.values()
                + "; start the new version under another job name");
    }

    private static Map<String, String> shape(Plan plan) {
        Map<String, String> shape = new TreeMap<>();
        for (Operator operator : plan.operators()) {
            switch (operator) {
                case Operator.Repartition repartition -> shape.put("repartition " + repartition.name(),
                        "repartition topic " + repartition.name() + " with " + (repartition.partitions() == 0 ? "its input's" : repartition.partitions())
                                + " partitions");
                case Operator.Aggregate aggregate -> shape.put("store " + aggregate.store().name(), "store " + aggregate.store().name());
                case Operator.Materialize table -> shape.put("store " + table.store().name(), "store " + table.store().name());
                case Operator.WindowedAggregate aggregate -> shape.put("store " + aggregate.store().name(), "window store " + aggregate.store().name()
                        + " of " + aggregate.windows().size() + " ms every " + aggregate.windows().advance() + " ms");
                case Operator.Source _, Operator.Map _, Operator.SelectKey _, Operator.MapValues _, Operator.FlatMap _, Operator.Filter _,
                        Operator.Peek _, Operator.AssignTimestamps _, Operator.Merge _, Operator.TableMap _, Operator.TableFilter _,
                        Operator.StreamTableJoin _, Operator.Sink _ -> { }
            }
        }
        return shape;
    }
}
