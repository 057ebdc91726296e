package io.millrace.streams.plan;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.ToIntFunction;

/**
 * How many partitions the internal topics of a job have.
 *
 * @param repartition by topic
 * @param tasks       by sub-topology: one task per partition of its widest input
 */
public record Partitions(Map<String, Integer> repartition, List<Integer> tasks) {

    /**
     * A repartition topic gets the count it asks for, else that of the topics it meets in its readers, else its input's; where several
     * repartition topics meet, they all get the widest.
     *
     * @param counts the partitions of each topic that the job reads and does not make
     * @throws IllegalArgumentException if topics that must be partitioned alike are not
     */
    public static Partitions of(String job, Plan plan, ToIntFunction<String> counts) {
        List<SubTopology> parts = plan.subTopologies();
        Map<String, Integer> known = new HashMap<>();
        Map<String, Integer> wanted = new HashMap<>();
        for (Operator operator : plan.operators()) {
            if (operator instanceof Operator.Source source) {
                known.put(source.topic(), counts.applyAsInt(source.topic()));
            } else if (operator instanceof Operator.Repartition repartition) {
                wanted.put(Plan.repartitionTopic(job, repartition), repartition.partitions());
            }
        }
        Set<String> open = new TreeSet<>(wanted.keySet());
        boolean moved = true;
        while (!open.isEmpty() && moved) {
            moved = false;
            for (SubTopology part : parts) {
                List<String> read = part.sources().stream().map(source -> SubTopology.topic(job, source)).toList();
                Set<String> unset = new HashSet<>(read);
                unset.retainAll(open);
                if (unset.isEmpty()) {
                    continue;
                }
                boolean fed = parts.stream().filter(writer -> writer.written().stream().anyMatch(r -> unset.contains(Plan.repartitionTopic(job, r))))
                        .allMatch(writer -> writer.sources().stream().allMatch(source -> known.containsKey(SubTopology.topic(job, source))));
                if (!fed) {
                    continue;
                }
                int fixed = read.stream().filter(topic -> !open.contains(topic)).mapToInt(known::get).max().orElse(0);
                int asked = unset.stream().mapToInt(wanted::get).max().orElse(0);
                int fromInput = parts.stream().filter(writer -> writer.written().stream().anyMatch(r -> unset.contains(Plan.repartitionTopic(job, r))))
                        .flatMap(writer -> writer.sources().stream()).mapToInt(source -> known.get(SubTopology.topic(job, source))).max().orElse(1);
                int count = fixed > 0 ? fixed : asked > 0 ? asked : fromInput;
                unset.forEach(topic -> known.put(topic, count));
                open.removeAll(unset);
                moved = true;
            }
        }
        if (!open.isEmpty()) {
            throw new IllegalArgumentException("job " + job + ": repartition topics " + open + " feed each other; give one of them a number of partitions");
        }
        for (SubTopology part : parts) {
            checkAlike(job, part, known);
        }
        List<Integer> tasks = parts.stream()
                .map(part -> part.sources().stream().mapToInt(source -> known.get(SubTopology.topic(job, source))).max().orElse(0)).toList();
        known.keySet().retainAll(wanted.keySet());
        return new Partitions(Map.copyOf(known), tasks);
    }

    private static void checkAlike(String job, SubTopology part, Map<String, Integer> known) {
        boolean joins = part.operators().stream().anyMatch(Operator.StreamTableJoin.class::isInstance);
        Map<String, Integer> read = new TreeMap<>();
        part.sources().forEach(source -> read.put(SubTopology.topic(job, source), known.get(SubTopology.topic(job, source))));
        if (joins && new HashSet<>(read.values()).size() > 1) {
            throw new IllegalArgumentException("job " + job + " joins topics with different numbers of partitions: " + read
                    + "; repartition one of them");
        }
    }
}
