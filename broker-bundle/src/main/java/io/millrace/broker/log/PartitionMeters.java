package io.millrace.broker.log;

import io.millrace.api.metrics.Meter;
import io.millrace.api.metrics.Meters;
import io.millrace.api.metrics.Tags;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** Kafka's {@code kafka.log} and {@code kafka.cluster} of each partition. */
public final class PartitionMeters {

    private static final Map<Meter, ToDoubleFunction<PartitionLog>> GAUGES = new LinkedHashMap<>();

    static {
        gauge("kafka_log_log_size", "kafka.log:type=Log,name=Size", "Bytes on disk.", PartitionLog::size);
        gauge("kafka_log_log_logstartoffset", "kafka.log:type=Log,name=LogStartOffset", "Offset of the first record.", PartitionLog::startOffset);
        gauge("kafka_log_log_logendoffset", "kafka.log:type=Log,name=LogEndOffset", "Offset of the next record.", PartitionLog::endOffset);
        gauge("kafka_log_log_numlogsegments", "kafka.log:type=Log,name=NumLogSegments", "Segments.", PartitionLog::segments);
        gauge("kafka_cluster_partition_underreplicated", "kafka.cluster:type=Partition,name=UnderReplicated", "1 if a replica is missing.", _ -> 0);
        gauge("kafka_cluster_partition_underminisr", "kafka.cluster:type=Partition,name=UnderMinIsr", "1 if acks=all is refused for want of replicas.", _ -> 0);
        gauge("kafka_cluster_partition_insyncreplicascount", "kafka.cluster:type=Partition,name=InSyncReplicasCount", "Replicas in sync.",
                log -> log.isOnline() ? 1 : 0);
        gauge("kafka_cluster_partition_replicascount", "kafka.cluster:type=Partition,name=ReplicasCount", "Replicas.", _ -> 1);
        gauge("kafka_cluster_partition_laststableoffsetlag", "kafka.cluster:type=Partition,name=LastStableOffsetLag",
                "Records from the first open transaction on, which consumers that read committed records do not get yet.",
                log -> log.highWatermark() - log.lastStableOffset());
    }

    private static void gauge(String name, String bean, String help, ToDoubleFunction<PartitionLog> value) {
        GAUGES.put(Meter.gauge(name, help).as(bean + ",topic={topic},partition={partition}"), value);
    }

    public void tell(Meters meters, PartitionLog log) {
        Tags tags = Tags.of("topic", log.topicPartition().topic(), "partition", Integer.toString(log.topicPartition().partition()));
        GAUGES.forEach((meter, value) -> meters.gauge(meter, tags, () -> value.applyAsDouble(log)));
    }
}
