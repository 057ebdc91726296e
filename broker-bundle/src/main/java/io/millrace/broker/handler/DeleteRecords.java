package io.millrace.broker.handler;

import io.millrace.broker.log.PartitionLog;
import io.millrace.broker.metadata.ClusterMetadata;
import io.millrace.broker.request.Answer;
import io.millrace.broker.request.Call;
import io.millrace.broker.request.Handler;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.OffsetOutOfRangeException;
import org.apache.kafka.common.errors.PolicyViolationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.message.DeleteRecordsRequestData.DeleteRecordsPartition;
import org.apache.kafka.common.message.DeleteRecordsRequestData.DeleteRecordsTopic;
import org.apache.kafka.common.message.DeleteRecordsResponseData.DeleteRecordsPartitionResult;
import org.apache.kafka.common.message.DeleteRecordsResponseData.DeleteRecordsTopicResult;
import org.apache.kafka.common.message.DeleteRecordsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.DeleteRecordsRequest;
import org.apache.kafka.common.requests.DeleteRecordsResponse;

/** Removes what is before an offset. */
final class DeleteRecords implements Handler {

    private final ClusterMetadata metadata;

    DeleteRecords(ClusterMetadata metadata) {
        this.metadata = metadata;
    }

    @Override
    public ApiKeys api() {
        return ApiKeys.DELETE_RECORDS;
    }

    @Override
    public Answer handle(Call call) {
        DeleteRecordsResponseData response = new DeleteRecordsResponseData();
        for (DeleteRecordsTopic topic : call.as(DeleteRecordsRequest.class).data().topics()) {
            DeleteRecordsTopicResult result = new DeleteRecordsTopicResult().setName(topic.name());
            for (DeleteRecordsPartition asked : topic.partitions()) {
                result.partitions().add(delete(call, new TopicPartition(topic.name(), asked.partitionIndex()), asked.offset()));
            }
            response.topics().add(result);
        }
        return Answer.now(new DeleteRecordsResponse(response));
    }

    private DeleteRecordsPartitionResult delete(Call call, TopicPartition partition, long offset) {
        DeleteRecordsPartitionResult result = new DeleteRecordsPartitionResult().setPartitionIndex(partition.partition())
                .setLowWatermark(DeleteRecordsResponse.INVALID_LOW_WATERMARK);
        try {
            PartitionLog log = metadata.log(partition).orElseThrow(() -> new UnknownTopicOrPartitionException("there is no partition " + partition));
            if (Topic.isInternal(partition.topic())) {
                throw new InvalidTopicException("topic " + partition.topic() + " is internal: its records cannot be deleted by request");
            }
            if (!log.config().deleted()) {
                throw new PolicyViolationException(partition + " has cleanup.policy=compact: its records go when newer ones of their key come");
            }
            long high = log.highWatermark();
            long before = offset == DeleteRecordsRequest.HIGH_WATERMARK ? high : offset;
            if (before < 0 || before > high) {
                throw new OffsetOutOfRangeException(partition + " ends at " + high + ", cannot delete what is before " + before);
            }
            return result.setLowWatermark(before <= log.startOffset() ? log.startOffset() : log.deleteBefore(before));
        } catch (RuntimeException refused) {
            return result.setErrorCode(Failure.of(call, partition, refused).code());
        }
    }
}
