package io.millrace.streams.task;

import io.millrace.streams.plan.Operator;
import io.millrace.streams.plan.SubTopology;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.ToIntFunction;

/**
 * One sub-topology over one partition of each of its inputs. Between two calls of {@link #flush} its results are in nobody's hands but the
 * output's; a caller that commits them with {@link InputPartition#position}, or none of both, has each record counted exactly once.
 */
public final class Task {

    private final TaskId id;
    private final Counters counters = new Counters();
    private final Chain chain;
    private final List<InputPartition> inputs = new ArrayList<>();
    private boolean tablesRead;
    /** Read by the workers of other tasks. */
    private volatile boolean readFromStart;

    /** @param partitions of each topic that the sub-topology reads */
    public Task(String job, SubTopology part, int partition, ToIntFunction<String> partitions, Output output) {
        this.id = new TaskId(part.number(), partition);
        this.chain = new Chain(job, part, partition, counters, output);
        for (Operator operator : part.sources()) {
            String topic = SubTopology.topic(job, operator);
            if (partition < partitions.applyAsInt(topic)) {
                inputs.add(switch (operator) {
                    case Operator.Source source -> new InputPartition(topic, partition, source.key(), source.value(), source.extractor(),
                            source.table(), chain.of(source), counters);
                    case Operator.Repartition source -> new InputPartition(topic, partition, source.key(), source.value(), null, source.table(),
                            chain.of(source), counters);
                    default -> throw new IllegalArgumentException(operator + " reads no topic");
                });
            }
        }
    }

    public TaskId id() {
        return id;
    }

    public List<InputPartition> inputs() {
        return inputs;
    }

    public Counters counters() {
        return counters;
    }

    public Set<String> changelogs() {
        return chain.stores().keySet();
    }

    public void restore(String changelog, byte[] key, byte[] value, long timestamp) {
        chain.stores().get(changelog).restore(key, value, timestamp);
    }

    public long stateEntries() {
        return chain.stores().values().stream().mapToLong(StateStore::entries).sum();
    }

    /**
     * Processes up to {@code max} records, always the one with the smallest timestamp (a table's before an event's), as long as every input has
     * one or is known to have none now; tables are read to their end first when the task starts.
     *
     * @return how many; fewer than {@code max} if input is missing
     * @throws RecordException if the job fails on a record or cannot decode it
     */
    public int process(int max) {
        int done = 0;
        while (done < max) {
            InputPartition input = choose();
            if (input == null) {
                return done;
            }
            long limit = limit(input);
            do {
                input.processHead();
                done++;
            } while (done < max && input.hasHead() && input.headTimestamp() < limit);
        }
        return done;
    }

    /** After a commit: notes whether all that the inputs held at the start is behind that commit. */
    public void committed() {
        readFromStart = readFromStart || inputs.stream().allMatch(InputPartition::isReadFromStart);
    }

    /** Whether the repartition topics that this task writes hold all that it makes of what its inputs held at the start. Thread-safe. */
    public boolean isReadFromStart() {
        return readFromStart;
    }

    private InputPartition choose() {
        if (!tablesRead) {
            for (InputPartition input : inputs) {
                if (input.isTable() && !input.isReadFromStart()) {
                    return input.hasHead() ? input : null;
                }
            }
            tablesRead = true;
        }
        InputPartition chosen = null;
        for (InputPartition input : inputs) {
            if (!input.hasHead()) {
                if (!input.isCaughtUp()) {
                    return null;
                }
            } else if (chosen == null || input.headTimestamp() < chosen.headTimestamp()
                    || input.headTimestamp() == chosen.headTimestamp() && input.isTable()) {
                chosen = input;
            }
        }
        return chosen;
    }

    /** Up to where the chosen input may run on without looking at the others again. */
    private long limit(InputPartition chosen) {
        long limit = Long.MAX_VALUE;
        for (InputPartition input : inputs) {
            if (input != chosen && input.hasHead()) {
                limit = Math.min(limit, input.headTimestamp());
            }
        }
        return limit;
    }

    /** Hands aggregates on and all changes of state to the output: the last step before a commit. */
    public void flush() {
        try {
            chain.flush();
        } catch (RuntimeException e) {
            throw new RecordException("task " + id + ", handing on its aggregates: " + e, e);
        }
    }
}
