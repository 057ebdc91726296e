package io.millrace.broker.transaction;

import io.millrace.broker.request.Answer;
import io.millrace.broker.request.Call;
import io.millrace.broker.request.Handler;
import io.millrace.broker.transaction.Transaction.Producer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData.AddPartitionsToTxnTopicCollection;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData.AddPartitionsToTxnTransaction;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData;
import org.apache.kafka.common.message.AddPartitionsToTxnResponseData.AddPartitionsToTxnPartitionResult;
import org.apache.kafka.common.message.AddPartitionsToTxnResponseData.AddPartitionsToTxnResult;
import org.apache.kafka.common.message.AddPartitionsToTxnResponseData.AddPartitionsToTxnTopicResult;
import org.apache.kafka.common.message.AddPartitionsToTxnResponseData.AddPartitionsToTxnTopicResultCollection;
import org.apache.kafka.common.message.AddPartitionsToTxnResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AddPartitionsToTxnRequest;
import org.apache.kafka.common.requests.AddPartitionsToTxnResponse;

/** Makes partitions part of transactions, or tells whether they are. */
final class AddPartitionsToTxn implements Handler {

    private final TransactionCoordinator transactions;

    AddPartitionsToTxn(TransactionCoordinator transactions) {
        this.transactions = transactions;
    }

    @Override
    public ApiKeys api() {
        return ApiKeys.ADD_PARTITIONS_TO_TXN;
    }

    @Override
    public Answer handle(Call call) {
        AddPartitionsToTxnRequestData request = call.as(AddPartitionsToTxnRequest.class).data();
        return () -> {
            AddPartitionsToTxnResponseData response = new AddPartitionsToTxnResponseData();
            if (call.version() < 4) {
                response.setResultsByTopicV3AndBelow(results(add(request.v3AndBelowTransactionalId(),
                        new Producer(request.v3AndBelowProducerId(), request.v3AndBelowProducerEpoch()), partitions(request.v3AndBelowTopics())), call));
            } else {
                for (AddPartitionsToTxnTransaction one : request.transactions()) {
                    Producer producer = new Producer(one.producerId(), one.producerEpoch());
                    Map<TopicPartition, Errors> errors = one.verifyOnly() && !one.transactionalId().isEmpty()
                            ? transactions.verify(one.transactionalId(), producer, partitions(one.topics()))
                            : add(one.transactionalId(), producer, partitions(one.topics()));
                    response.resultsByTransaction().add(new AddPartitionsToTxnResult().setTransactionalId(one.transactionalId())
                            .setTopicResults(results(errors, call)));
                }
            }
            return new AddPartitionsToTxnResponse(response);
        };
    }

    /** All or nothing. */
    private Map<TopicPartition, Errors> add(String id, Producer producer, List<TopicPartition> partitions) {
        Map<TopicPartition, Errors> errors = new LinkedHashMap<>();
        boolean allExist = partitions.stream().allMatch(transactions::exists);
        Errors error = !allExist ? Errors.OPERATION_NOT_ATTEMPTED : id.isEmpty() ? Errors.INVALID_REQUEST : transactions.add(id, producer, partitions, 0);
        partitions.forEach(partition -> errors.put(partition, allExist || transactions.exists(partition) ? error : Errors.UNKNOWN_TOPIC_OR_PARTITION));
        return errors;
    }

    private static Errors told(Errors error, Call call) {
        return error == Errors.PRODUCER_FENCED && call.version() < 2 ? Errors.INVALID_PRODUCER_EPOCH : error;
    }

    private static List<TopicPartition> partitions(AddPartitionsToTxnTopicCollection topics) {
        return topics.stream().flatMap(topic -> topic.partitions().stream().map(index -> new TopicPartition(topic.name(), index))).toList();
    }

    private static AddPartitionsToTxnTopicResultCollection results(Map<TopicPartition, Errors> errors, Call call) {
        AddPartitionsToTxnTopicResultCollection results = new AddPartitionsToTxnTopicResultCollection();
        errors.forEach((partition, error) -> {
            AddPartitionsToTxnTopicResult result = results.find(partition.topic());
            if (result == null) {
                result = new AddPartitionsToTxnTopicResult().setName(partition.topic());
                results.add(result);
            }
            result.resultsByPartition().add(new AddPartitionsToTxnPartitionResult().setPartitionIndex(partition.partition())
                    .setPartitionErrorCode(told(error, call).code()));
        });
        return results;
    }
}
