package io.millrace.broker.transaction;

import io.millrace.broker.coordinator.Decided;
import io.millrace.broker.coordinator.DurableAnswer;
import io.millrace.broker.request.Answer;
import io.millrace.broker.request.Call;
import io.millrace.broker.request.Handler;
import io.millrace.broker.request.InTurn;
import io.millrace.broker.transaction.Transaction.Producer;
import io.millrace.broker.transaction.TransactionCoordinator.Joined;
import java.util.ArrayList;
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
        return call.version() < 4 ? new InTurn(() -> transactions.isSettled(request.v3AndBelowTransactionalId()), () -> one(call, request))
                : new InTurn(() -> request.transactions().stream().allMatch(one -> transactions.isSettled(one.transactionalId())), () -> several(call, request));
    }

    private Answer one(Call call, AddPartitionsToTxnRequestData request) {
        List<Decided> decided = new ArrayList<>();
        Map<TopicPartition, Errors> errors = add(request.v3AndBelowTransactionalId(),
                new Producer(request.v3AndBelowProducerId(), request.v3AndBelowProducerEpoch()), partitions(request.v3AndBelowTopics()), decided);
        return new DurableAnswer(decided, new AddPartitionsToTxnResponse(new AddPartitionsToTxnResponseData()
                .setResultsByTopicV3AndBelow(results(errors, call))));
    }

    private Answer several(Call call, AddPartitionsToTxnRequestData request) {
        AddPartitionsToTxnResponseData response = new AddPartitionsToTxnResponseData();
        List<Decided> decided = new ArrayList<>();
        for (AddPartitionsToTxnTransaction one : request.transactions()) {
            Producer producer = new Producer(one.producerId(), one.producerEpoch());
            Map<TopicPartition, Errors> errors = one.verifyOnly() && !one.transactionalId().isEmpty()
                    ? transactions.verify(one.transactionalId(), producer, partitions(one.topics()))
                    : add(one.transactionalId(), producer, partitions(one.topics()), decided);
            response.resultsByTransaction().add(new AddPartitionsToTxnResult().setTransactionalId(one.transactionalId())
                    .setTopicResults(results(errors, call)));
        }
        return new DurableAnswer(decided, new AddPartitionsToTxnResponse(response));
    }

    /** All or nothing. @param decided gets what must be durable before the answer */
    private Map<TopicPartition, Errors> add(String id, Producer producer, List<TopicPartition> partitions, List<Decided> decided) {
        Map<TopicPartition, Errors> errors = new LinkedHashMap<>();
        boolean allExist = partitions.stream().allMatch(transactions::exists);
        Errors error = !allExist ? Errors.OPERATION_NOT_ATTEMPTED : Errors.INVALID_REQUEST;
        if (allExist && !id.isEmpty()) {
            Joined joined = transactions.add(id, producer, partitions, 0);
            decided.add(joined.decided());
            error = joined.error();
        }
        for (TopicPartition partition : partitions) {
            errors.put(partition, allExist || transactions.exists(partition) ? error : Errors.UNKNOWN_TOPIC_OR_PARTITION);
        }
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
