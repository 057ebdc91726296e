package io.millrace.broker.fetch;

import io.millrace.broker.fetch.FetchDeadlines.Deadline;
import io.millrace.broker.metadata.ClusterMetadata;
import io.millrace.broker.request.Answer;
import io.millrace.broker.request.Call;
import io.millrace.broker.request.Isolation;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.message.FetchResponseData.FetchableTopicResponse;
import org.apache.kafka.common.message.FetchResponseData.NodeEndpoint;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.FetchMetadata;
import org.apache.kafka.common.requests.FetchRequest;
import org.apache.kafka.common.requests.FetchResponse;

/**
 * One fetch under way. It belongs to the thread that begins it, and after the answer told that it is ready to the one that awaits it; what is
 * shared with those who {@link #wake} it is volatile. It has its session from when it looks first until it is done.
 */
final class WaitingFetch implements Answer {

    /** So few are looked at sooner than their logs are told to say when they move. */
    private static final int FEW_READY = 16;
    private static final short FIRST_WITH_ENDPOINTS = 16;

    private final Fetch fetch;
    private final ClusterMetadata metadata;
    private final FetchRequest request;
    private final short version;
    private final boolean committed;
    private final boolean full;
    private FetchSession session;
    private boolean held;
    private Deadline deadline;
    private AbstractResponse response;
    private RuntimeException failure;
    private long waitsSince;
    private long waited;
    /** Set while nobody is at it. */
    private final AtomicReference<Runnable> ready = new AtomicReference<>();
    private volatile Thread thread;
    private volatile boolean cancelled;

    WaitingFetch(Fetch fetch, ClusterMetadata metadata, Call call) {
        this.fetch = fetch;
        this.metadata = metadata;
        this.request = call.as(FetchRequest.class);
        this.version = call.version();
        this.committed = Isolation.isCommitted(request.data().isolationLevel());
        this.full = request.metadata().isFull();
    }

    @Override
    public When begin(Runnable told) {
        try {
            session = fetch.session(request);
            held = session.tryAcquire();
            if (!held) {
                return When.AWAITED;
            }
            return look() || waitsNoMore(told) ? When.NOW : When.TOLD;
        } catch (RuntimeException e) {
            failed(e);
            return When.NOW;
        } catch (Error broken) {
            end();
            throw broken;
        }
    }

    @Override
    public AbstractResponse await() {
        try {
            if (held) {
                waited += System.nanoTime() - waitsSince;
                park();
            } else if (response == null && failure == null) {
                if (session == null) {
                    session = fetch.session(request);
                }
                session.acquire();
                held = true;
                if (!look()) {
                    park();
                }
            }
        } catch (RuntimeException e) {
            failed(e);
        } catch (Error broken) {
            end();
            throw broken;
        }
        if (failure != null) {
            throw failure;
        }
        return response;
    }

    /** Looks for the first time. @return whether that is the answer; most fetches find something, and then nobody needs to tell of anything */
    private boolean look() {
        if (!full) {
            session.advance(request.metadata().epoch(), version >= Fetch.FIRST_WITH_TOPIC_IDS);
        }
        session.take(request.data(), metadata);
        boolean patient = request.maxWait() > 0 && request.minBytes() > 0 && session.size() > 0;
        if (read() || !patient) {
            if (!full) {
                restQuiet();
            }
            answer();
            return true;
        }
        fetch.begins(this);
        session.wake(this::wake);
        deadline = fetch.deadlines().in(request.maxWait(), this::wake);
        return false;
    }

    /** @return whether there is an answer; otherwise somebody tells of it, and this is no longer the current thread's */
    private boolean waitsNoMore(Runnable told) {
        while (!isAnswered()) {
            waitsSince = System.nanoTime();
            ready.set(told);
            if (!session.hasNews() && !isOver() || !ready.compareAndSet(told, null)) {
                return false;
            }
        }
        answer();
        return true;
    }

    private void park() {
        // Before the look at what has happened, so that whoever lets something happen knows whom to wake.
        thread = Thread.currentThread();
        while (!isAnswered()) {
            long began = System.nanoTime();
            LockSupport.park(this);
            waited += System.nanoTime() - began;
        }
        answer();
    }

    /** Reads what is new. @return whether that is enough, or the time is up; if not, every log says when it moves */
    private boolean isAnswered() {
        while (!isOver()) {
            if (session.hasNews() || arm()) {
                if (read()) {
                    return true;
                }
            } else {
                return false;
            }
        }
        return true;
    }

    private boolean isOver() {
        return cancelled || fetch.isClosed() || fetch.deadlines().isOver(deadline);
    }

    /** Something happened: whoever waits looks what it is. Called by any thread. */
    private void wake() {
        Runnable told = ready.getAndSet(null);
        if (told != null) {
            told.run();
        } else {
            LockSupport.unpark(thread);
        }
    }

    private void answer() {
        response = response();
        end();
    }

    private void failed(RuntimeException reason) {
        if (reason instanceof ApiException) {
            response = FetchResponse.of(new FetchResponseData().setErrorCode(Errors.forException(reason).code())
                    .setSessionId(FetchMetadata.INVALID_SESSION_ID));
        } else {
            failure = reason;
        }
        end();
    }

    private void end() {
        if (deadline != null) {
            fetch.deadlines().cancel(deadline);
            fetch.ends(this);
            session.wake(null);
        }
        if (held) {
            held = false;
            session.release();
        }
    }

    /** Reads what is ready. @return whether that is enough to answer */
    private boolean read() {
        int left = Math.min(request.maxBytes(), fetch.maxBytes());
        long bytes = 0;
        boolean urgent = false;
        for (FetchedPartition partition : session.ready()) {
            int size = partition.read(left, bytes == 0, committed);
            left -= size;
            bytes += size;
            urgent |= partition.isUrgent();
        }
        return urgent || bytes >= request.minBytes();
    }

    /** A client that always finds something never waits, so what has been quiet must be left to itself meanwhile. */
    private void restQuiet() {
        if (session.ready().size() <= FEW_READY) {
            return;
        }
        for (FetchedPartition partition : List.copyOf(session.ready())) {
            if (partition.isQuiet() && !partition.arm(committed)) {
                session.rest(partition);
            }
        }
    }

    /** Has the logs of all that is ready say when they move. @return whether one did since it was read */
    private boolean arm() {
        boolean moved = false;
        List<FetchedPartition> read = new ArrayList<>();
        for (FetchedPartition partition : session.ready()) {
            if (partition.arm(committed)) {
                moved = true;
            } else if (partition.isRead() && !partition.isNews()) {
                read.add(partition);
            }
        }
        read.forEach(session::rest);
        return moved;
    }

    private FetchResponse response() {
        // News that came after the last read are for the next fetch.
        FetchResponseData response = new FetchResponseData().setSessionId(session.id());
        FetchableTopicResponse topic = null;
        Collection<FetchedPartition> told = full ? session.all() : List.copyOf(session.ready());
        for (FetchedPartition partition : told) {
            if (partition.found() == null || !full && !partition.isNews()) {
                continue;
            }
            if (topic == null || !topic.topic().equals(partition.topic()) || !topic.topicId().equals(partition.topicId())) {
                topic = new FetchableTopicResponse().setTopic(partition.topic()).setTopicId(partition.topicId());
                response.responses().add(topic);
            }
            if (version >= FIRST_WITH_ENDPOINTS && partition.isLedOtherwise()) {
                Node self = metadata.self();
                partition.hint(self.id());
                if (response.nodeEndpoints().isEmpty()) {
                    response.nodeEndpoints().add(new NodeEndpoint().setNodeId(self.id()).setHost(self.host()).setPort(self.port()));
                }
            }
            topic.partitions().add(partition.found());
            count(partition);
            if (partition.found().records().sizeInBytes() > 0) {
                session.rotate(partition);
            }
            partition.sent();
        }
        return FetchResponse.of(response);
    }

    private void count(FetchedPartition partition) {
        if (partition.found().errorCode() != Errors.NONE.code()) {
            fetch.traffic().fetchFailed(partition.knownTopic());
        } else {
            fetch.traffic().fetched(partition.knownTopic(), partition.found().records().sizeInBytes());
        }
    }

    @Override
    public long waited() {
        return waited;
    }

    @Override
    public void cancel() {
        cancelled = true;
        wake();
    }
}
