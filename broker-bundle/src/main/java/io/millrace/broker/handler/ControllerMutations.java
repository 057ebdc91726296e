package io.millrace.broker.handler;

import io.millrace.broker.metadata.ClusterMetadata;
import io.millrace.broker.quota.Limit;
import io.millrace.broker.quota.MutationMeters.Taken;
import io.millrace.broker.quota.MutationMeters;
import io.millrace.broker.quota.QuotaType;
import io.millrace.broker.quota.QuotaWindows;
import io.millrace.broker.request.Call;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.errors.ThrottlingQuotaExceededException;

/** Limits how fast clients create and delete partitions (KIP-599). Thread-safe. */
final class ControllerMutations {

    private final ClusterMetadata metadata;
    private final MutationMeters meters;

    ControllerMutations(ClusterMetadata metadata, QuotaWindows windows) {
        this.metadata = metadata;
        this.meters = new MutationMeters(windows);
    }

    /** @param strictFrom version from which clients understand to be refused; older ones are only throttled */
    Quota of(Call call, int strictFrom) {
        return new Quota(metadata.image().quotas().limit(QuotaType.CONTROLLER_MUTATION_RATE, call.user(), call.clientId()), call.version() >= strictFrom);
    }

    /** One request's. */
    final class Quota {

        private final Limit limit;
        private final boolean strict;
        private long throttleMillis;

        private Quota(Limit limit, boolean strict) {
            this.limit = limit;
            this.strict = strict;
        }

        /** @throws ThrottlingQuotaExceededException if the client has to wait before it may */
        void take(int partitions) {
            if (limit == null) {
                return;
            }
            Taken taken = meters.take(limit, partitions, strict, TimeUnit.NANOSECONDS.toMillis(System.nanoTime()));
            if (!taken.taken()) {
                throttleMillis = taken.debtMillis();
                throw new ThrottlingQuotaExceededException(throttleMillis(), "controller_mutation_rate=" + limit.bound() + " partitions per second is exceeded; retry after "
                        + throttleMillis + " ms");
            }
            if (!strict) {
                throttleMillis = taken.debtMillis();
            }
        }

        int throttleMillis() {
            return (int) Math.min(Integer.MAX_VALUE, throttleMillis);
        }
    }
}
