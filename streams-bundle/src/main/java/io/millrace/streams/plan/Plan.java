package io.millrace.streams.plan;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/** A job's operators, each after its inputs. */
public record Plan(List<Operator> operators) {

    public Plan {
        operators = List.copyOf(operators);
    }

    public static String repartitionTopic(String job, Operator.Repartition repartition) {
        return job + "-" + repartition.name() + "-repartition";
    }

    /**
     * The parts that repartition topics cut the plan into, numbered by their first operator. Operators are in one part if records, or lookups,
     * pass between them without a topic.
     */
    public List<SubTopology> subTopologies() {
        Map<Operator, Operator> parent = new IdentityHashMap<>();
        operators.forEach(operator -> parent.put(operator, operator));
        for (Operator operator : operators) {
            // A repartition stands for its reading end here; its writing end belongs to its input's part.
            if (!(operator instanceof Operator.Repartition)) {
                operator.inputs().forEach(input -> parent.put(root(parent, operator), root(parent, input)));
            }
            if (operator instanceof Operator.StreamTableJoin join) {
                parent.put(root(parent, join), root(parent, join.table()));
            }
        }
        Map<Operator, Integer> identity = new IdentityHashMap<>();
        List<List<Operator>> ordered = new ArrayList<>();
        for (Operator operator : operators) {
            Integer part = identity.get(root(parent, operator));
            if (part == null) {
                part = ordered.size();
                identity.put(root(parent, operator), part);
                ordered.add(new ArrayList<>());
            }
            ordered.get(part).add(operator);
        }
        List<List<Operator.Repartition>> written = new ArrayList<>();
        ordered.forEach(_ -> written.add(new ArrayList<>()));
        for (Operator operator : operators) {
            if (operator instanceof Operator.Repartition repartition) {
                written.get(identity.get(root(parent, repartition.input()))).add(repartition);
            }
        }
        List<SubTopology> result = new ArrayList<>();
        for (int i = 0; i < ordered.size(); i++) {
            result.add(new SubTopology(i, List.copyOf(ordered.get(i)), List.copyOf(written.get(i))));
        }
        return result;
    }

    private static Operator root(Map<Operator, Operator> parent, Operator operator) {
        Operator at = operator;
        while (parent.get(at) != at) {
            at = parent.get(at);
        }
        return at;
    }
}
