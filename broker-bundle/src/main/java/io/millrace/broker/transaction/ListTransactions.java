package io.millrace.broker.transaction;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import io.millrace.broker.coordinator.Shard;
import io.millrace.broker.request.Answer;
import io.millrace.broker.request.Call;
import io.millrace.broker.request.Handler;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.common.errors.InvalidRegularExpression;
import org.apache.kafka.common.message.ListTransactionsRequestData;
import org.apache.kafka.common.message.ListTransactionsResponseData.TransactionState;
import org.apache.kafka.common.message.ListTransactionsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.ListTransactionsRequest;
import org.apache.kafka.common.requests.ListTransactionsResponse;

/** Lists the transactional ids. */
final class ListTransactions implements Handler {

    /** States of Kafka's that a transaction is never seen in here. */
    private static final Set<String> NEVER_SEEN = Set.of("Dead", "PrepareEpochFence");

    private final TransactionCoordinator transactions;

    ListTransactions(TransactionCoordinator transactions) {
        this.transactions = transactions;
    }

    @Override
    public ApiKeys api() {
        return ApiKeys.LIST_TRANSACTIONS;
    }

    @Override
    public Answer handle(Call call) {
        ListTransactionsRequestData request = call.as(ListTransactionsRequest.class).data();
        Set<String> known = Arrays.stream(Transaction.State.values()).map(Transaction.State::toString).collect(Collectors.toSet());
        Pattern pattern = pattern(request.transactionalIdPattern());
        ListTransactionsResponseData response = new ListTransactionsResponseData()
                .setUnknownStateFilters(request.stateFilters().stream().filter(name -> !known.contains(name) && !NEVER_SEEN.contains(name)).toList());
        for (Shard<TransactionShard> shard : transactions.shards().all()) {
            shard.run((state, journal) -> {
                for (Transaction one : state.transactions()) {
                    if (matches(request, pattern, one, journal.now())) {
                        response.transactionStates().add(new TransactionState().setTransactionalId(one.id()).setProducerId(one.producerId())
                                .setTransactionState(one.state().toString()));
                    }
                }
                return null;
            });
        }
        return Answer.now(new ListTransactionsResponse(response));
    }

    private static boolean matches(ListTransactionsRequestData request, Pattern pattern, Transaction one, long now) {
        return (request.stateFilters().isEmpty() || request.stateFilters().contains(one.state().toString()))
                && (request.producerIdFilters().isEmpty() || request.producerIdFilters().contains(one.producerId()))
                && (request.durationFilter() < 0 || one.startedAt() >= 0 && now - one.startedAt() > request.durationFilter())
                && (pattern == null || pattern.matcher(one.id()).matches());
    }

    /** Of RE2, whose time is linear in the text: a client's pattern must not keep a processor busy for ever. */
    private static Pattern pattern(String text) {
        try {
            return text == null || text.isEmpty() ? null : Pattern.compile(text);
        } catch (PatternSyntaxException wrong) {
            throw new InvalidRegularExpression("transactional id pattern " + text + ": " + wrong.getMessage());
        }
    }
}
