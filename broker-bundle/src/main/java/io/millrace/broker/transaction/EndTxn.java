package io.millrace.broker.transaction;

import io.millrace.broker.request.Answer;
import io.millrace.broker.request.Call;
import io.millrace.broker.request.Handler;
import io.millrace.broker.request.InTurn;
import io.millrace.broker.transaction.TransactionShard.End;
import io.millrace.broker.transaction.Transaction.Producer;
import org.apache.kafka.common.message.EndTxnRequestData;
import org.apache.kafka.common.message.EndTxnResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.EndTxnRequest;
import org.apache.kafka.common.requests.EndTxnResponse;

/** Commits or aborts a transaction. Answers when every partition has its marker, unless that takes long. */
final class EndTxn implements Handler {

    /** From this version on the answer has the epoch for the next transaction (KIP-890). */
    private static final short NEW_EPOCH_WITH_EACH = 5;

    private final TransactionCoordinator transactions;

    EndTxn(TransactionCoordinator transactions) {
        this.transactions = transactions;
    }

    @Override
    public ApiKeys api() {
        return ApiKeys.END_TXN;
    }

    @Override
    public Answer handle(Call call) {
        EndTxnRequestData request = call.as(EndTxnRequest.class).data();
        String id = request.transactionalId();
        if (id.isEmpty()) {
            return Answer.now(response(call, new End(Errors.INVALID_REQUEST, Producer.NONE, null)));
        }
        Producer producer = new Producer(request.producerId(), request.producerEpoch());
        return new InTurn(() -> transactions.endsAtOnce(producer), () -> transactions.end(id, producer, request.committed(),
                call.version() >= NEW_EPOCH_WITH_EACH ? 2 : 0, end -> response(call, end)));
    }

    private static EndTxnResponse response(Call call, End end) {
        Errors error = end.error() == Errors.PRODUCER_FENCED && call.version() < 2 ? Errors.INVALID_PRODUCER_EPOCH : end.error();
        EndTxnResponseData response = new EndTxnResponseData().setErrorCode(error.code());
        if (call.version() >= NEW_EPOCH_WITH_EACH) {
            response.setProducerId(end.producer().id()).setProducerEpoch(end.producer().epoch());
        }
        return new EndTxnResponse(response);
    }
}
