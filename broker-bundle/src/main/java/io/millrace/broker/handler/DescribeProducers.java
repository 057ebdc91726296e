package io.millrace.broker.handler;

import io.millrace.broker.log.PartitionLog;
import io.millrace.broker.log.PartitionProducers.ActiveProducer;
import io.millrace.broker.metadata.ClusterMetadata;
import io.millrace.broker.request.Answer;
import io.millrace.broker.request.Call;
import io.millrace.broker.request.Handler;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.message.DescribeProducersRequestData.TopicRequest;
import org.apache.kafka.common.message.DescribeProducersResponseData;
import org.apache.kafka.common.message.DescribeProducersResponseData.PartitionResponse;
import org.apache.kafka.common.message.DescribeProducersResponseData.ProducerState;
import org.apache.kafka.common.message.DescribeProducersResponseData.TopicResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.DescribeProducersRequest;
import org.apache.kafka.common.requests.DescribeProducersResponse;

/** Shows what is remembered of the idempotent and transactional producers of partitions (KIP-664). */
final class DescribeProducers implements Handler {

    private final ClusterMetadata metadata;

    DescribeProducers(ClusterMetadata metadata) {
        this.metadata = metadata;
    }

    @Override
    public ApiKeys api() {
        return ApiKeys.DESCRIBE_PRODUCERS;
    }

    @Override
    public Answer handle(Call call) {
        DescribeProducersResponseData response = new DescribeProducersResponseData();
        for (TopicRequest topic : call.as(DescribeProducersRequest.class).data().topics()) {
            TopicResponse result = new TopicResponse().setName(topic.name());
            for (int index : topic.partitionIndexes()) {
                result.partitions().add(describe(call, new TopicPartition(topic.name(), index)));
            }
            response.topics().add(result);
        }
        return Answer.now(new DescribeProducersResponse(response));
    }

    private PartitionResponse describe(Call call, TopicPartition partition) {
        PartitionResponse result = new PartitionResponse().setPartitionIndex(partition.partition());
        try {
            Topic.validate(partition.topic());
            PartitionLog log = metadata.log(partition).orElseThrow(() -> new UnknownTopicOrPartitionException("there is no partition " + partition));
            for (ActiveProducer producer : log.producers().active()) {
                result.activeProducers().add(new ProducerState().setProducerId(producer.producerId()).setProducerEpoch(producer.epoch())
                        .setLastSequence(producer.lastSequence()).setLastTimestamp(producer.lastTimestamp())
                        .setCoordinatorEpoch(producer.coordinatorEpoch()).setCurrentTxnStartOffset(producer.currentTransactionStart()));
            }
            return result;
        } catch (RuntimeException refused) {
            Errors error = Failure.of(call, partition, refused);
            return result.setErrorCode(error.code()).setErrorMessage(Failure.message(error, refused));
        }
    }
}
