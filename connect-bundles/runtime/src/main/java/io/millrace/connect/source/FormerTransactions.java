package io.millrace.connect.source;

import io.millrace.connect.task.TaskId;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListTransactionsOptions;
import org.apache.kafka.clients.admin.TransactionListing;
import org.apache.kafka.clients.admin.TransactionState;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Transactions that tasks had open when their process died. A task that starts again ends its own; but one that is paused, that fails or whose plugin
 * is gone would leave it open until it times out, and nobody could read committed records behind it, other tasks' offsets among them.
 */
public final class FormerTransactions {

    private static final Logger LOG = LoggerFactory.getLogger(FormerTransactions.class);
    private static final long LIMIT_SECONDS = 30;
    private static final String PREFIX = "connect-";
    private static final Pattern ID = Pattern.compile(PREFIX + "(.+)-\\d{1,9}");

    private FormerTransactions() {}

    /** What a task's transactions are known by, over all its runs. */
    public static String id(TaskId task) {
        return PREFIX + task;
    }

    /** The connector whose task has these transactions; empty if no task has. */
    static Optional<String> connector(String transactionalId) {
        Matcher id = ID.matcher(transactionalId);
        return id.matches() ? Optional.of(id.group(1)) : Optional.empty();
    }

    /** Aborts them. What fails is logged: they end by themselves some time. Call before any task has been started. */
    public static void end(Admin admin, Set<String> connectors) throws InterruptedException {
        try {
            Collection<TransactionListing> open = admin.listTransactions(new ListTransactionsOptions().filterStates(Set.of(TransactionState.ONGOING))).all()
                    .get(LIMIT_SECONDS, TimeUnit.SECONDS);
            List<String> ids = open.stream().map(TransactionListing::transactionalId).filter(id -> connector(id).filter(connectors::contains).isPresent()).toList();
            if (!ids.isEmpty()) {
                admin.fenceProducers(ids).all().get(LIMIT_SECONDS, TimeUnit.SECONDS);
                LOG.info("{} transaction(s) of tasks of the former process aborted: {}", ids.size(), ids);
            }
        } catch (ExecutionException | TimeoutException e) {
            LOG.warn("transactions that tasks of the former process may have left open are not aborted; they end when they time out: {}", e.toString());
        }
    }
}
