package io.millrace.broker.handler;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.broker.metrics.BrokerMetrics;
import io.millrace.broker.request.Call;
import java.net.InetAddress;
import java.util.List;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.message.EndTxnRequestData;
import org.apache.kafka.common.message.HeartbeatRequestData;
import org.apache.kafka.common.message.ListOffsetsRequestData;
import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.SyncGroupRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.RequestHeader;
import org.junit.jupiter.api.Test;

class HandlersTest {

    private final Handlers handlers = new Handlers("cluster", 1, List.of(), new BrokerMetrics());

    private Errors toldOfABrokenDisk(ApiKeys api, ApiMessage message) {
        short version = api.latestVersion();
        AbstractRequest request = AbstractRequest.parseRequest(api, version, new ByteBufferAccessor(MessageUtil.toByteBufferAccessor(message, version).buffer())).request;
        Call call = new Call(new RequestHeader(api, version, "test", 1), request, InetAddress.getLoopbackAddress());
        return handlers.failed(call, new KafkaStorageException("the disk is broken")).errorCounts().keySet().stream().findFirst().orElseThrow();
    }

    @Test
    void aClientWhoseCoordinatorCannotStoreLooksForTheCoordinatorAgain() {
        assertThat(toldOfABrokenDisk(ApiKeys.SYNC_GROUP, new SyncGroupRequestData().setGroupId("g"))).isEqualTo(Errors.NOT_COORDINATOR);
        assertThat(toldOfABrokenDisk(ApiKeys.HEARTBEAT, new HeartbeatRequestData().setGroupId("g"))).isEqualTo(Errors.NOT_COORDINATOR);
        assertThat(toldOfABrokenDisk(ApiKeys.END_TXN, new EndTxnRequestData().setTransactionalId("t"))).isEqualTo(Errors.NOT_COORDINATOR);
        OffsetCommitRequestData commit = new OffsetCommitRequestData().setGroupId("g").setTopics(List.of(new OffsetCommitRequestData.OffsetCommitRequestTopic()
                .setPartitions(List.of(new OffsetCommitRequestData.OffsetCommitRequestPartition()))));
        assertThat(toldOfABrokenDisk(ApiKeys.OFFSET_COMMIT, commit)).isEqualTo(Errors.NOT_COORDINATOR);
    }

    @Test
    void aClientThatReadsALogIsToldOfTheDisk() {
        ListOffsetsRequestData offsets = new ListOffsetsRequestData().setTopics(List.of(new ListOffsetsRequestData.ListOffsetsTopic().setName("t")
                .setPartitions(List.of(new ListOffsetsRequestData.ListOffsetsPartition()))));
        assertThat(toldOfABrokenDisk(ApiKeys.LIST_OFFSETS, offsets)).isEqualTo(Errors.KAFKA_STORAGE_ERROR);
    }
}
