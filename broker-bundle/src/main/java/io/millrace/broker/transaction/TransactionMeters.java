package io.millrace.broker.transaction;

import io.millrace.api.metrics.Meter;
import io.millrace.api.metrics.Meters;
import io.millrace.api.metrics.Tags;
import io.millrace.broker.coordinator.Shard;
import io.millrace.broker.coordinator.Shards;
import java.util.EnumMap;
import java.util.Map;
import java.util.stream.LongStream;

/** Transactions by state, and the age of the oldest open one, which is what holds up consumers of committed records. */
final class TransactionMeters {

    private static final Meter TRANSACTIONS = Meter.gauge("millrace_transactions", "Transactional ids by the state of their last transaction.");
    private static final Meter OLDEST = Meter.gauge("millrace_transaction_oldest_open_seconds", "Age of the oldest transaction that is not complete; 0 for none.");

    private TransactionMeters() {
    }

    static void tell(Meters meters, Shards<TransactionShard> shards, long now) {
        Map<Transaction.State, Integer> states = new EnumMap<>(Transaction.State.class);
        long oldest = now;
        for (Shard<TransactionShard> shard : shards.ifLoaded()) {
            oldest = Math.min(oldest, shard.run((state, _) -> {
                state.transactions().forEach(transaction -> states.merge(transaction.state(), 1, Integer::sum));
                return state.transactions().stream().filter(transaction -> isOpen(transaction.state())).flatMapToLong(open -> LongStream.of(open.startedAt()))
                        .filter(started -> started > 0).min().orElse(now);
            }));
        }
        for (Transaction.State state : Transaction.State.values()) {
            int count = states.getOrDefault(state, 0);
            meters.gauge(TRANSACTIONS, Tags.of("state", state.toString()), () -> count);
        }
        double age = (now - oldest) / 1e3;
        meters.gauge(OLDEST, Tags.NONE, () -> age);
    }

    private static boolean isOpen(Transaction.State state) {
        return state == Transaction.State.ONGOING || state.isPrepared();
    }
}
