package io.millrace.broker.transaction;

import io.millrace.broker.request.Answer;
import io.millrace.broker.request.Call;
import io.millrace.broker.request.Handler;
import io.millrace.broker.transaction.TransactionShard.Init;
import io.millrace.broker.transaction.Transaction.Producer;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.message.InitProducerIdResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.InitProducerIdRequest;
import org.apache.kafka.common.requests.InitProducerIdResponse;

/** Gives a producer its id and epoch: a new one, or those of its transactional id. */
final class InitProducerId implements Handler {

    private final TransactionCoordinator transactions;

    InitProducerId(TransactionCoordinator transactions) {
        this.transactions = transactions;
    }

    @Override
    public ApiKeys api() {
        return ApiKeys.INIT_PRODUCER_ID;
    }

    @Override
    public Answer handle(Call call) {
        InitProducerIdRequestData request = call.as(InitProducerIdRequest.class).data();
        if ("".equals(request.transactionalId()) || (request.producerId() < 0) != (request.producerEpoch() < 0)) {
            return Answer.now(response(Errors.INVALID_REQUEST, Producer.NONE));
        }
        if (request.transactionalId() == null) {
            return () -> response(Errors.NONE, new Producer(transactions.producerIds().next(), (short) 0));
        }
        return () -> {
            Init init = transactions.init(request.transactionalId(), request.transactionTimeoutMs(), new Producer(request.producerId(), request.producerEpoch()));
            Errors error = init.error() == Errors.PRODUCER_FENCED && call.version() < 4 ? Errors.INVALID_PRODUCER_EPOCH : init.error();
            return response(error, init.producer());
        };
    }

    private static InitProducerIdResponse response(Errors error, Producer producer) {
        return new InitProducerIdResponse(new InitProducerIdResponseData().setErrorCode(error.code()).setProducerId(producer.id())
                .setProducerEpoch(producer.epoch()));
    }
}
