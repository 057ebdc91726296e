package io.millrace.broker.metadata;

import io.millrace.broker.log.PartitionLog;
import org.apache.kafka.common.errors.FencedLeaderEpochException;
import org.apache.kafka.common.errors.UnknownLeaderEpochException;

/** A partition that this node leads, in the epoch of its leadership. */
public record LedPartition(PartitionLog log, int leaderEpoch) {

    /**
     * Fences a client whose knowledge of the leader is older, and makes one wait whose knowledge is newer (KIP-320).
     *
     * @param known the epoch the client knows; negative if it does not say
     */
    public void checkEpoch(int known) {
        if (known < 0 || known == leaderEpoch) {
            return;
        }
        String what = log.topicPartition() + ": the client knows leader epoch " + known + ", it is " + leaderEpoch;
        throw known < leaderEpoch ? new FencedLeaderEpochException(what) : new UnknownLeaderEpochException(what);
    }
}
