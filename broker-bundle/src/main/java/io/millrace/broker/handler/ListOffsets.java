package io.millrace.broker.handler;

import io.millrace.broker.log.PartitionLog;
import io.millrace.broker.metadata.ClusterMetadata;
import io.millrace.broker.metadata.LedPartition;
import io.millrace.broker.request.Answer;
import io.millrace.broker.request.Call;
import io.millrace.broker.request.Handler;
import io.millrace.broker.request.Isolation;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsPartition;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsTopic;
import org.apache.kafka.common.message.ListOffsetsResponseData.ListOffsetsPartitionResponse;
import org.apache.kafka.common.message.ListOffsetsResponseData.ListOffsetsTopicResponse;
import org.apache.kafka.common.message.ListOffsetsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.FileRecords.TimestampAndOffset;
import org.apache.kafka.common.requests.ListOffsetsRequest;
import org.apache.kafka.common.requests.ListOffsetsResponse;

/** Finds offsets by time, and by the special times that stand for the ends of the log. */
final class ListOffsets implements Handler {

    private static final short FIRST_WITH_EPOCH = 4;
    /** The version from which on a special time may be asked for. */
    private static final Map<Long, Integer> SPECIAL_TIMES = Map.of(ListOffsetsRequest.LATEST_TIMESTAMP, 1, ListOffsetsRequest.EARLIEST_TIMESTAMP, 1,
            ListOffsetsRequest.MAX_TIMESTAMP, 7, ListOffsetsRequest.EARLIEST_LOCAL_TIMESTAMP, 8, ListOffsetsRequest.LATEST_TIERED_TIMESTAMP, 9,
            ListOffsetsRequest.EARLIEST_PENDING_UPLOAD_TIMESTAMP, 11);

    private final ClusterMetadata metadata;

    ListOffsets(ClusterMetadata metadata) {
        this.metadata = metadata;
    }

    @Override
    public ApiKeys api() {
        return ApiKeys.LIST_OFFSETS;
    }

    @Override
    public Answer handle(Call call) {
        ListOffsetsRequest request = call.as(ListOffsetsRequest.class);
        Set<TopicPartition> duplicates = request.duplicatePartitions();
        boolean committed = Isolation.isCommitted(request.data().isolationLevel());
        // Searching by time reads the disk: not in the way of the connection's next requests.
        return () -> {
            ListOffsetsResponseData response = new ListOffsetsResponseData();
            for (ListOffsetsTopic topic : request.topics()) {
                ListOffsetsTopicResponse found = new ListOffsetsTopicResponse().setName(topic.name());
                Set<TopicPartition> answered = new HashSet<>();
                for (ListOffsetsPartition asked : topic.partitions()) {
                    TopicPartition partition = new TopicPartition(topic.name(), asked.partitionIndex());
                    if (!answered.add(partition)) {
                        continue;
                    }
                    found.partitions().add(find(call, partition, asked, committed, duplicates.contains(partition)));
                }
                response.topics().add(found);
            }
            return new ListOffsetsResponse(response);
        };
    }

    private ListOffsetsPartitionResponse find(Call call, TopicPartition partition, ListOffsetsPartition asked, boolean committed, boolean duplicate) {
        ListOffsetsPartitionResponse found = new ListOffsetsPartitionResponse().setPartitionIndex(asked.partitionIndex())
                .setTimestamp(ListOffsetsResponse.UNKNOWN_TIMESTAMP).setOffset(ListOffsetsResponse.UNKNOWN_OFFSET);
        try {
            if (duplicate) {
                throw Errors.INVALID_REQUEST.exception(partition + " occurs twice in the request");
            }
            if (asked.timestamp() < 0 && call.version() < SPECIAL_TIMES.getOrDefault(asked.timestamp(), Integer.MAX_VALUE)) {
                throw new UnsupportedVersionException("version " + call.version() + " does not know the special time " + asked.timestamp());
            }
            LedPartition led = metadata.leader(partition)
                    .orElseThrow(() -> new UnknownTopicOrPartitionException("there is no partition " + partition));
            led.checkEpoch(asked.currentLeaderEpoch());
            find(led, asked.timestamp(), committed, found);
            // Versions that cannot carry it refuse to be written with it.
            return call.version() < FIRST_WITH_EPOCH ? found.setLeaderEpoch(ListOffsetsResponse.UNKNOWN_EPOCH) : found;
        } catch (RuntimeException refused) {
            return found.setErrorCode(Failure.of(call, partition, refused).code());
        }
    }

    private static ListOffsetsPartitionResponse find(LedPartition led, long timestamp, boolean committed, ListOffsetsPartitionResponse found) {
        PartitionLog log = led.log();
        long end = committed ? log.lastStableOffset() : log.highWatermark();
        if (timestamp == ListOffsetsRequest.LATEST_TIMESTAMP) {
            return found.setOffset(end).setLeaderEpoch(led.leaderEpoch());
        }
        if (timestamp == ListOffsetsRequest.EARLIEST_TIMESTAMP || timestamp == ListOffsetsRequest.EARLIEST_LOCAL_TIMESTAMP) {
            long start = log.startOffset();
            int epoch = start == log.endOffset() ? led.leaderEpoch() : log.epochAt(start);
            return found.setOffset(start).setLeaderEpoch(epoch < 0 ? led.leaderEpoch() : epoch);
        }
        if (timestamp == ListOffsetsRequest.LATEST_TIERED_TIMESTAMP || timestamp == ListOffsetsRequest.EARLIEST_PENDING_UPLOAD_TIMESTAMP) {
            // Nothing is ever moved to another tier.
            return found;
        }
        Optional<TimestampAndOffset> record = timestamp == ListOffsetsRequest.MAX_TIMESTAMP ? log.maxTimestamp() : log.offsetForTimestamp(timestamp, end);
        return record.filter(there -> there.offset >= 0 && there.offset < end)
                .map(there -> found.setTimestamp(there.timestamp).setOffset(there.offset).setLeaderEpoch(there.leaderEpoch.orElse(ListOffsetsResponse.UNKNOWN_EPOCH)))
                .orElse(found);
    }
}
