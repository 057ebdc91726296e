package io.millrace.broker.group;

import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.consumer.internals.ConsumerProtocol;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.message.JoinGroupResponseData.JoinGroupResponseMember;
import org.apache.kafka.common.message.SyncGroupResponseData;

/**
 * What the members of a group agreed on when they last joined.
 *
 * @param number       grows with every rebalance
 * @param protocolType what kind of group it is; null before anybody joined
 * @param protocol     the one in force; null in an empty group
 * @param leader       id of the member that assigns; null in an empty group
 */
record Generation(int number, String protocolType, String protocol, String leader) {

    static final Generation NONE = new Generation(0, null, null, null);

    /** Of a group whose first member is about to join. */
    Generation of(String type) {
        return new Generation(number, type, protocol, null);
    }

    Generation led(String by) {
        return new Generation(number, protocolType, protocol, by);
    }

    Generation next(String elected, String leading) {
        return new Generation(number + 1, protocolType, elected, leading);
    }

    boolean isOfConsumers() {
        return ConsumerProtocol.PROTOCOL_TYPE.equals(protocolType);
    }

    boolean isLedBy(Member member) {
        return member.id().equals(leader);
    }

    /** Only the leader hears of the others. */
    JoinGroupResponseData joined(Member member, Members all) {
        JoinGroupResponseData response = new JoinGroupResponseData().setGenerationId(number).setProtocolType(protocolType).setProtocolName(protocol)
                .setLeader(leader).setMemberId(member.id());
        if (isLedBy(member)) {
            List<JoinGroupResponseMember> told = new ArrayList<>();
            for (Member each : all.all()) {
                told.add(new JoinGroupResponseMember().setMemberId(each.id()).setGroupInstanceId(each.identity().instanceId())
                        .setMetadata(each.metadata(protocol)));
            }
            response.setMembers(told);
        }
        return response;
    }

    SyncGroupResponseData synced(Member member) {
        return new SyncGroupResponseData().setProtocolType(protocolType).setProtocolName(protocol).setAssignment(member.assignment());
    }
}
