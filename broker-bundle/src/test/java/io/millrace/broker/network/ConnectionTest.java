package io.millrace.broker.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.millrace.broker.handler.OwnHandlers;
import io.millrace.broker.quota.ClientQuotas;
import io.millrace.broker.quota.QuotaWindows;
import io.millrace.broker.quota.Quotas;
import io.millrace.broker.request.Answer;
import io.millrace.broker.request.Call;
import io.millrace.broker.request.Handler;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.errors.NotCoordinatorException;
import org.apache.kafka.common.message.HeartbeatRequestData;
import org.apache.kafka.common.message.HeartbeatResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.HeartbeatRequest;
import org.apache.kafka.common.requests.HeartbeatResponse;
import org.apache.kafka.common.requests.RequestHeader;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class ConnectionTest {

    private final Stubborn stubborn = new Stubborn();
    private Listener listener;

    @BeforeEach
    void listen() {
        ConnectionLimits limits = new ConnectionLimits(1 << 20, -1, -1, 10);
        listener = Listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), limits, new NetworkMemory(1 << 24, 1 << 26));
        listener.accept(OwnHandlers.of(stubborn), new Quotas(() -> ClientQuotas.NONE, new QuotaWindows(11, 1)));
    }

    @AfterEach
    void close() {
        listener.close();
    }

    private static void ask(SocketChannel client) throws IOException {
        HeartbeatRequest request = new HeartbeatRequest.Builder(new HeartbeatRequestData().setGroupId("group").setMemberId("member")).build();
        ByteBuffer frame = request.serializeWithHeader(new RequestHeader(ApiKeys.HEARTBEAT, request.version(), "test", 1));
        client.write(ByteBuffer.allocate(Integer.BYTES).putInt(frame.remaining()).flip());
        client.write(frame);
    }

    @Test
    void oneWhoseAnswerCannotBeCancelledEndsAndLeavesNothingBehind() throws Exception {
        try (SocketChannel client = SocketChannel.open(listener.address())) {
            ask(client);
            assertThat(stubborn.awaited.await(20, TimeUnit.SECONDS)).isTrue();
            assertThatCode(() -> listener.close()).doesNotThrowAnyException();
            stubborn.released.countDown();
            assertThat(listener.awaitDrained(Duration.ofSeconds(20))).as("no connection is left").isTrue();
            assertThat(listener.memory().usedBytes()).isZero();
        }
    }

    /** Answers when it is told to, and fails when the client is gone, as a coordinator does that has stopped. */
    private static final class Stubborn implements Handler {

        private final CountDownLatch awaited = new CountDownLatch(1);
        private final CountDownLatch released = new CountDownLatch(1);

        @Override
        public ApiKeys api() {
            return ApiKeys.HEARTBEAT;
        }

        @Override
        public Answer handle(Call call) {
            return new Answer() {
                @Override
                public AbstractResponse await() throws InterruptedException {
                    awaited.countDown();
                    released.await();
                    return new HeartbeatResponse(new HeartbeatResponseData());
                }

                @Override
                public void cancel() {
                    throw new NotCoordinatorException("thrown by a test");
                }
            };
        }
    }
}
