package io.millrace.broker.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.broker.quota.ClientQuotas;
import io.millrace.broker.quota.QuotaWindows;
import io.millrace.broker.quota.Quotas;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class AcceptorTest {

    @Test
    void aConnectionThatCannotBeServedLeavesRoomForTheNext() throws Exception {
        ConnectionRules one = new ConnectionRules(1, 1, Map.of(), Integer.MAX_VALUE, Integer.MAX_VALUE);
        Admission admission = new Admission(new Quotas(() -> ClientQuotas.NONE, new QuotaWindows(11, 1)), () -> one);
        AtomicInteger served = new AtomicInteger();
        CompletableFuture<InetAddress> welcome = new CompletableFuture<>();
        try (ServerSocketChannel server = ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))) {
            Acceptor acceptor = new Acceptor(server, admission, (channel, address) -> {
                switch (served.incrementAndGet()) {
                    case 1 -> throw new IOException("the client is gone");
                    case 2 -> throw new IllegalStateException("a defect");
                    case 3 -> throw new OutOfMemoryError("thrown by a test");
                    default -> welcome.complete(address);
                }
            });
            Thread.ofVirtual().start(acceptor::run);
            for (int refused = 1; refused <= 3; refused++) {
                try (SocketChannel client = SocketChannel.open(server.getLocalAddress())) {
                    assertThat(client.read(ByteBuffer.allocate(1))).as("connection %d is closed", refused).isEqualTo(-1);
                }
            }
            try (SocketChannel client = SocketChannel.open(server.getLocalAddress())) {
                assertThat(welcome.get(20, TimeUnit.SECONDS)).isEqualTo(client.socket().getInetAddress());
            }
        }
    }
}
