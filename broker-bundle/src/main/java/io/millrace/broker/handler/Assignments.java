package io.millrace.broker.handler;

import java.util.List;
import org.apache.kafka.common.errors.InvalidReplicaAssignmentException;

/** Replicas that a client placed by hand. */
final class Assignments {

    private Assignments() {
    }

    /**
     * @param what     the partition, as the client knows it
     * @param onlyNode the one there is
     * @throws InvalidReplicaAssignmentException naming what is wrong
     */
    static void check(String what, List<Integer> nodes, int onlyNode) {
        if (nodes.isEmpty()) {
            throw new InvalidReplicaAssignmentException(what + ": the assignment names no node; the only one is " + onlyNode);
        }
        for (int node : nodes) {
            if (node != onlyNode) {
                throw new InvalidReplicaAssignmentException(what + ": there is no node " + node + "; the only one is " + onlyNode);
            }
        }
        if (nodes.size() > 1) {
            throw new InvalidReplicaAssignmentException(what + ": node " + onlyNode + " occurs more than once");
        }
    }
}
