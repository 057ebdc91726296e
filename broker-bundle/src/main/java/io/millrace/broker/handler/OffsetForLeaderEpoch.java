package io.millrace.broker.handler;

import io.millrace.broker.log.PartitionLog.EpochEnd;
import io.millrace.broker.log.PartitionLog;
import io.millrace.broker.metadata.ClusterMetadata;
import io.millrace.broker.metadata.LedPartition;
import io.millrace.broker.request.Answer;
import io.millrace.broker.request.Call;
import io.millrace.broker.request.Handler;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderPartition;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderTopic;
import org.apache.kafka.common.message.OffsetForLeaderEpochResponseData.EpochEndOffset;
import org.apache.kafka.common.message.OffsetForLeaderEpochResponseData.OffsetForLeaderTopicResult;
import org.apache.kafka.common.message.OffsetForLeaderEpochResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.OffsetsForLeaderEpochRequest;
import org.apache.kafka.common.requests.OffsetsForLeaderEpochResponse;

/** Tells where a leader epoch ended, by which a client finds out whether what it read was truncated since (KIP-101, KIP-320). */
final class OffsetForLeaderEpoch implements Handler {

    private final ClusterMetadata metadata;

    OffsetForLeaderEpoch(ClusterMetadata metadata) {
        this.metadata = metadata;
    }

    @Override
    public ApiKeys api() {
        return ApiKeys.OFFSET_FOR_LEADER_EPOCH;
    }

    @Override
    public Answer handle(Call call) {
        OffsetForLeaderEpochResponseData response = new OffsetForLeaderEpochResponseData();
        for (OffsetForLeaderTopic topic : call.as(OffsetsForLeaderEpochRequest.class).data().topics()) {
            OffsetForLeaderTopicResult result = new OffsetForLeaderTopicResult().setTopic(topic.topic());
            for (OffsetForLeaderPartition asked : topic.partitions()) {
                result.partitions().add(end(call, new TopicPartition(topic.topic(), asked.partition()), asked));
            }
            response.topics().add(result);
        }
        return Answer.now(new OffsetsForLeaderEpochResponse(response));
    }

    private EpochEndOffset end(Call call, TopicPartition partition, OffsetForLeaderPartition asked) {
        EpochEndOffset result = new EpochEndOffset().setPartition(asked.partition());
        try {
            LedPartition led = metadata.leader(partition)
                    .orElseThrow(() -> new UnknownTopicOrPartitionException("there is no partition " + partition));
            led.checkEpoch(asked.currentLeaderEpoch());
            EpochEnd end = end(led, asked.leaderEpoch());
            return result.setLeaderEpoch(end.leaderEpoch()).setEndOffset(end.endOffset());
        } catch (RuntimeException refused) {
            return result.setErrorCode(Failure.of(call, partition, refused).code());
        }
    }

    /** The log learns of an epoch by its first batch: until then the leader's own one ends and begins where the log ends. */
    private static EpochEnd end(LedPartition led, int epoch) {
        PartitionLog log = led.log();
        if (epoch == led.leaderEpoch()) {
            return new EpochEnd(epoch, log.endOffset());
        }
        int written = log.leaderEpoch();
        if (epoch > written && epoch < led.leaderEpoch()) {
            return new EpochEnd(written < 0 ? epoch : written, log.endOffset());
        }
        return log.endOfEpoch(epoch);
    }
}
