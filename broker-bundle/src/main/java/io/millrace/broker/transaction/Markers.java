package io.millrace.broker.transaction;

import io.millrace.broker.coordinator.Shard;
import io.millrace.broker.coordinator.Shards;
import io.millrace.broker.log.PartitionLog;
import io.millrace.broker.log.PartitionLog.Origin;
import io.millrace.broker.metadata.LedPartition;
import io.millrace.broker.metadata.Partitions;
import java.time.Clock;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.TransactionCoordinatorFencedException;
import org.apache.kafka.common.protocol.Errors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes the markers that end transactions in partitions. */
final class Markers {

    private static final Logger LOG = LoggerFactory.getLogger(Markers.class);

    private final Partitions partitions;
    private final Shards<?> groups;
    private final Clock clock;

    Markers(Partitions partitions, Shards<?> groups, Clock clock) {
        this.partitions = partitions;
        this.groups = groups;
        this.clock = clock;
    }

    /** The partition that the group's offsets are in. */
    TopicPartition groupPartition(String group) {
        return groups.of(group).partition();
    }

    /**
     * Returns when all are durable.
     *
     * @param transactionVersion 2 if the epoch is one that the transaction's end brought about
     * @return what went wrong, by partition; NONE otherwise
     */
    Map<TopicPartition, Errors> write(Collection<TopicPartition> targets, long producerId, short producerEpoch, boolean commit, int coordinatorEpoch,
            int transactionVersion) throws InterruptedException {
        Origin origin = transactionVersion >= 2 ? Origin.COORDINATOR_OF_NEW_EPOCHS : Origin.COORDINATOR;
        Map<TopicPartition, Errors> results = new HashMap<>();
        Map<PartitionLog, Long> written = new HashMap<>();
        for (TopicPartition partition : targets) {
            Errors result = Errors.NONE;
            try {
                LedPartition led = partitions.leader(partition).orElse(null);
                if (led == null) {
                    result = Errors.UNKNOWN_TOPIC_OR_PARTITION;
                } else if (groups.contains(partition)) {
                    Shard<?> shard = groups.all().get(partition.partition());
                    shard.end(producerId, producerEpoch, commit, coordinatorEpoch, origin);
                    written.put(led.log(), led.log().endOffset());
                } else {
                    written.put(led.log(), led.log().append(Shard.marker(producerId, producerEpoch, commit, coordinatorEpoch, clock.millis()), origin,
                            led.leaderEpoch(), true).lastOffset() + 1);
                }
            } catch (InvalidProducerEpochException | TransactionCoordinatorFencedException late) {
                LOG.warn("{}: marker of producer {} epoch {} came too late: {}", partition, producerId, producerEpoch, late.getMessage());
                result = Errors.forException(late);
            } catch (ApiException refused) {
                LOG.warn("{}: marker of producer {} epoch {} was refused: {}", partition, producerId, producerEpoch, refused.toString());
                result = Errors.forException(refused);
            }
            results.put(partition, result);
        }
        written.keySet().forEach(PartitionLog::requestDurable);
        for (Map.Entry<PartitionLog, Long> one : written.entrySet()) {
            try {
                one.getKey().awaitDurable(one.getValue());
            } catch (ApiException lost) {
                results.put(one.getKey().topicPartition(), Errors.forException(lost));
            }
        }
        return results;
    }

    /** Whether a partition with this result needs no marker any more. */
    static boolean isDone(Errors result) {
        return switch (result) {
            // A deleted topic has no transaction to end, and a later producer or coordinator ended it.
            case NONE, UNKNOWN_TOPIC_OR_PARTITION, INVALID_PRODUCER_EPOCH, TRANSACTION_COORDINATOR_FENCED -> true;
            default -> false;
        };
    }
}
