package io.millrace.broker.transaction;

import io.millrace.broker.request.Answer;
import io.millrace.broker.request.Call;
import io.millrace.broker.request.Handler;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.DescribeTransactionsResponseData.TopicData;
import org.apache.kafka.common.message.DescribeTransactionsResponseData.TransactionState;
import org.apache.kafka.common.message.DescribeTransactionsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.DescribeTransactionsRequest;
import org.apache.kafka.common.requests.DescribeTransactionsResponse;

/** Tells the state of transactional ids. */
final class DescribeTransactions implements Handler {

    private final TransactionCoordinator transactions;

    DescribeTransactions(TransactionCoordinator transactions) {
        this.transactions = transactions;
    }

    @Override
    public ApiKeys api() {
        return ApiKeys.DESCRIBE_TRANSACTIONS;
    }

    @Override
    public Answer handle(Call call) {
        DescribeTransactionsResponseData response = new DescribeTransactionsResponseData();
        for (String id : call.as(DescribeTransactionsRequest.class).data().transactionalIds()) {
            if (id.isEmpty()) {
                response.transactionStates().add(new TransactionState().setErrorCode(Errors.INVALID_REQUEST.code()));
                continue;
            }
            Transaction transaction = transactions.shards().of(id).run((state, _) -> state.transaction(id));
            response.transactionStates().add(transaction == null
                    ? new TransactionState().setTransactionalId(id).setErrorCode(Errors.TRANSACTIONAL_ID_NOT_FOUND.code()) : describe(transaction));
        }
        return Answer.now(new DescribeTransactionsResponse(response));
    }

    private static TransactionState describe(Transaction transaction) {
        TransactionState state = new TransactionState().setTransactionalId(transaction.id()).setTransactionState(transaction.state().toString())
                .setTransactionTimeoutMs(transaction.timeoutMs()).setTransactionStartTimeMs(transaction.startedAt())
                .setProducerId(transaction.producerId()).setProducerEpoch(transaction.epoch());
        for (TopicPartition partition : transaction.partitions()) {
            TopicData topic = state.topics().find(partition.topic());
            if (topic == null) {
                topic = new TopicData().setTopic(partition.topic());
                state.topics().add(topic);
            }
            topic.partitions().add(partition.partition());
        }
        return state;
    }
}
