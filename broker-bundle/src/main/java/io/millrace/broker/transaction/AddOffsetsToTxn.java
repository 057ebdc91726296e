package io.millrace.broker.transaction;

import io.millrace.broker.coordinator.DurableAnswer;
import io.millrace.broker.request.Answer;
import io.millrace.broker.request.Call;
import io.millrace.broker.request.Handler;
import io.millrace.broker.request.InTurn;
import io.millrace.broker.transaction.Transaction.Producer;
import io.millrace.broker.transaction.TransactionCoordinator.Joined;
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
        String id = request.transactionalId();
        if (id.isEmpty()) {
            return Answer.now(response(Errors.INVALID_REQUEST));
        }
        return new InTurn(() -> transactions.isSettled(id), () -> {
            Joined joined = transactions.add(id, new Producer(request.producerId(), request.producerEpoch()),
                    List.of(transactions.offsetsPartition(request.groupId())), 0);
            boolean old = joined.error() == Errors.PRODUCER_FENCED && call.version() < 2;
            return new DurableAnswer(joined.decided(), response(old ? Errors.INVALID_PRODUCER_EPOCH : joined.error()));
        });
    }

    private static AddOffsetsToTxnResponse response(Errors error) {
        return new AddOffsetsToTxnResponse(new AddOffsetsToTxnResponseData().setErrorCode(error.code()));
    }
}
