package io.millrace.streams.plan;

import java.util.ArrayList;
import java.util.List;

/**
 * A part of a plan that runs in one task per partition of its inputs.
 *
 * @param operators each after its inputs; a {@link Operator.Repartition} among them is an input of this part
 * @param written   the repartition topics that this part writes
 */
public record SubTopology(int number, List<Operator> operators, List<Operator.Repartition> written) {

    /** Topics that it reads, by operator. */
    public List<Operator> sources() {
        return operators.stream().filter(operator -> operator instanceof Operator.Source || operator instanceof Operator.Repartition).toList();
    }

    public List<Store> stores() {
        List<Store> stores = new ArrayList<>();
        for (Operator operator : operators) {
            switch (operator) {
                case Operator.Aggregate aggregate -> stores.add(aggregate.store());
                case Operator.WindowedAggregate aggregate -> stores.add(aggregate.store());
                case Operator.Materialize materialize -> stores.add(materialize.store());
                case Operator.Source _, Operator.Repartition _, Operator.Map _, Operator.SelectKey _, Operator.MapValues _, Operator.FlatMap _,
                        Operator.Filter _, Operator.Peek _, Operator.AssignTimestamps _, Operator.Merge _, Operator.TableMap _,
                        Operator.TableFilter _, Operator.StreamTableJoin _, Operator.Sink _ -> { }
            }
        }
        return stores;
    }

    /** The topic behind one of {@link #sources}. */
    public static String topic(String job, Operator source) {
        return switch (source) {
            case Operator.Source topic -> topic.topic();
            case Operator.Repartition repartition -> Plan.repartitionTopic(job, repartition);
            default -> throw new IllegalArgumentException(source + " reads no topic");
        };
    }
}
