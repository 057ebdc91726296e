package io.millrace.broker.transaction;

import io.millrace.broker.handler.Answer;
import io.millrace.broker.handler.Call;
import io.millrace.broker.handler.Handler;
import io.millrace.broker.transaction.TransactionShard.Producer;
import java.util.List;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData.AddPartitionsToTxnTopicCollection;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData.AddPartitionsToTxnTransaction;
import org.apache.kafka.common.message.AddPartitionsToTxnResponseData;
import org.apache.kafka.common.message.AddPartitionsToTxnResponseData.AddPartitionsToTxnPartitionResult;
import org.apache.kafka.common.message.AddPartitionsToTxnResponseData.AddPartitionsToTxnResult;
import org.apache.kafka.common.message.AddPartitionsToTxnResponseData.AddPartitionsToTxnTopicResult;
import org.apache.kafka.common.message.AddPartitionsToTxnResponseData.AddPartitionsToTxnTopicResultCollection;
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
                Errors error = transactions.add(request.v3AndBelowTransactionalId(),
                        new Producer(request.v3AndBelowProducerId(), request.v3AndBelowProducerEpoch()), partitions(request.v3AndBelowTopics()), 0);
                response.setResultsByTopicV3AndBelow(results(request.v3AndBelowTopics(), told(error, call)));
            } else {
                for (AddPartitionsToTxnTransaction one : request.transactions()) {
                    Producer producer = new Producer(one.producerId(), one.producerEpoch());
                    Errors error = one.verifyOnly() ? transactions.verify(one.transactionalId(), producer, partitions(one.topics()))
                            : transactions.add(one.transactionalId(), producer, partitions(one.topics()), 0);
                    response.resultsByTransaction().add(new AddPartitionsToTxnResult().setTransactionalId(one.transactionalId())
                            .setTopicResults(results(one.topics(), told(error, call))));
                }
            }
            return new AddPartitionsToTxnResponse(response);
        };
    }

    private static Errors told(Errors error, Call call) {
        if (error == Errors.PRODUCER_FENCED && call.version() < 2) {
            return Errors.INVALID_PRODUCER_EPOCH;
        }
        return error == Errors.TRANSACTION_ABORTABLE && call.version() < 5 ? Errors.INVALID_TXN_STATE : error;
    }

    private static List<TopicPartition> partitions(AddPartitionsToTxnTopicCollection topics) {
        return topics.stream().flatMap(topic -> topic.partitions().stream().map(index -> new TopicPartition(topic.name(), index))).toList();
    }

    private static AddPartitionsToTxnTopicResultCollection results(AddPartitionsToTxnTopicCollection topics, Errors error) {
        AddPartitionsToTxnTopicResultCollection results = new AddPartitionsToTxnTopicResultCollection();
        topics.forEach(topic -> {
            AddPartitionsToTxnTopicResult result = new AddPartitionsToTxnTopicResult().setName(topic.name());
            topic.partitions().forEach(index -> result.resultsByPartition()
                    .add(new AddPartitionsToTxnPartitionResult().setPartitionIndex(index).setPartitionErrorCode(error.code())));
            results.add(result);
        });
        return results;
    }
}
