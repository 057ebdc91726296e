package io.millrace.broker.network;

import io.millrace.broker.handler.Handlers;
import io.millrace.broker.quota.Quotas;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Accepts connections on one address and keeps account of them. */
public final class Listener implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Listener.class);
    private static final int BACKLOG = 1024;

    private final ServerSocketChannel server;
    private final ConnectionLimits limits;
    private final NetworkMemory memory;
    private final Set<Connection> connections = ConcurrentHashMap.newKeySet();
    private final CountDownLatch stopping = new CountDownLatch(1);
    private final LongAdder closed = new LongAdder();
    private final IdleSweep idle;
    private final SystemReaders systemReaders = new SystemReaders(Runtime.getRuntime().availableProcessors());
    private volatile ConnectionRules rules = ConnectionRules.NONE;
    private volatile Handlers handlers;
    private volatile Quotas quotas;
    private volatile Admission admission;
    private volatile Acceptor acceptor;

    private Listener(ServerSocketChannel server, ConnectionLimits limits, NetworkMemory memory) {
        this.server = server;
        this.limits = limits;
        this.memory = memory;
        this.idle = new IdleSweep(limits, memory);
    }

    /**
     * Takes the address, so that nobody else can, without accepting yet.
     *
     * @throws IllegalStateException naming the address if it cannot be had
     */
    public static Listener bind(InetSocketAddress address, ConnectionLimits limits, NetworkMemory memory) {
        if (address.isUnresolved()) {
            throw new IllegalStateException("listen=" + address.getHostString() + ":" + address.getPort() + ": no such host; use an address of this machine");
        }
        ServerSocketChannel server = null;
        try {
            server = ServerSocketChannel.open();
            server.bind(address, BACKLOG);
            return new Listener(server, limits, memory);
        } catch (IOException taken) {
            closeQuietly(server);
            throw new IllegalStateException("cannot listen on " + address.getHostString() + ":" + address.getPort() + ": " + taken.getMessage()
                    + "; stop the program that uses it or choose another one with --listen HOST:PORT", taken);
        }
    }

    /** The address taken, with the real port. */
    public InetSocketAddress address() {
        try {
            return (InetSocketAddress) server.getLocalAddress();
        } catch (IOException closed) {
            throw new IllegalStateException("the listener is closed", closed);
        }
    }

    public void accept(Handlers requests, Quotas inForce) {
        quotas = inForce;
        handlers = requests;
        admission = new Admission(inForce, () -> rules);
        acceptor = new Acceptor(server, admission, this::serve);
        Thread.ofVirtual().name("acceptor").start(acceptor::run);
        Thread.ofVirtual().name("idle connections").start(this::sweep);
    }

    public NetworkMemory memory() {
        return memory;
    }

    /** From now on; those that are connected stay. */
    public void limit(ConnectionRules now) {
        rules = now;
        wakeAcceptor();
    }

    private void wakeAcceptor() {
        Acceptor accepting = acceptor;
        if (accepting != null) {
            accepting.wake();
        }
    }

    public int connections() {
        return connections.size();
    }

    /** How connections were let in. To be asked once the listener accepts. */
    public AcceptCounts accepting() {
        return acceptor;
    }

    /** Served, and ended since. */
    public long closed() {
        return closed.sum();
    }

    /** Why connections were closed for doing nothing. */
    public IdleCounts idle() {
        return idle;
    }

    /** Requests of all connections that are read but not answered. */
    public int inFlight() {
        int all = 0;
        for (Connection connection : connections) {
            all += connection.inFlight();
        }
        return all;
    }

    private void serve(SocketChannel channel, InetAddress address) throws IOException {
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
        Connection connection = new Connection(channel, handlers, quotas, limits, memory, systemReaders, ended -> {
            connections.remove(ended);
            closed.increment();
            admission.ended(address);
            acceptor.wake();
        });
        connections.add(connection);
        connection.start();
        if (stopping.getCount() == 0) {
            connection.close();
        }
    }

    private void sweep() {
        try {
            while (!stopping.await(idle.intervalMillis(), TimeUnit.MILLISECONDS)) {
                sweepOnce();
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private void sweepOnce() {
        try {
            idle.over(connections);
        } catch (RuntimeException | Error failed) {
            LOG.error("connections were not looked at that may be idle", failed);
        }
    }

    /** Accepts no more connections and reads no more requests. */
    public void stopAccepting() {
        stopping.countDown();
        closeQuietly(server);
        wakeAcceptor();
        connections.forEach(Connection::drain);
    }

    /** @return whether all that was read has been answered within the time */
    public boolean awaitDrained(Duration atMost) {
        long deadline = System.nanoTime() + atMost.toNanos();
        while (!connections.isEmpty()) {
            if (System.nanoTime() - deadline >= 0) {
                return false;
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
        return true;
    }

    /** Ends every connection, answered or not. */
    @Override
    public void close() {
        stopping.countDown();
        closeQuietly(server);
        wakeAcceptor();
        connections.forEach(Connection::close);
    }

    private static void closeQuietly(AutoCloseable channel) {
        if (channel != null) {
            try {
                channel.close();
            } catch (Exception failed) {
                LOG.debug("closing {}: {}", channel, failed.toString());
            }
        }
    }
}
