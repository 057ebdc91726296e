package io.millrace.broker.transaction;

import io.millrace.broker.request.Answer;
import io.millrace.broker.request.Call;
import io.millrace.broker.request.Handler;
import io.millrace.broker.transaction.Transaction.Producer;
import java.util.List;
import org.apache.kafka.common.message.AddOffsetsToTxnRequestData;
import org.apache.kafka.common.message.AddOffsetsToTxnResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AddOffsetsToTxnRequest;
import org.apache.kafka.common.requests.AddOffsetsToTxnResponse;

/** Makes a group's offsets part of a transaction. */
final class AddOffsetsToTxn implements Handler {

    private final TransactionCoordinator transactions;

    AddOffsetsToTxn(TransactionCoordinator transactions) {
        this.transactions = transactions;
    }

    @Override
    public ApiKeys api() {
        return ApiKeys.ADD_OFFSETS_TO_TXN;
    }

    @Override
    public Answer handle(Call call) {
        AddOffsetsToTxnRequestData request = call.as(AddOffsetsToTxnRequest.class).data();
        return () -> {
            Errors error = request.transactionalId().isEmpty() ? Errors.INVALID_REQUEST : transactions.add(request.transactionalId(),
                    new Producer(request.producerId(), request.producerEpoch()), List.of(transactions.offsetsPartition(request.groupId())), 0);
            if (error == Errors.PRODUCER_FENCED && call.version() < 2) {
                error = Errors.INVALID_PRODUCER_EPOCH;
            }
            return new AddOffsetsToTxnResponse(new AddOffsetsToTxnResponseData().setErrorCode(error.code()));
        };
    }
}
