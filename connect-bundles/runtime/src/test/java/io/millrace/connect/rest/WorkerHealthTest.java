package io.millrace.connect.rest;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.http.HttpAnswer;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class WorkerHealthTest {

    @Test
    void aWorkerThatCannotReadWhatIsStoredIsUnhealthyAndOneThatCanAgainIsHealthy() throws Exception {
        AtomicInteger looks = new AtomicInteger();
        CountDownLatch readable = new CountDownLatch(1);
        WorkerHealth health = new WorkerHealth(() -> {
            looks.incrementAndGet();
            readable.await();
        }, Duration.ofMillis(20));
        HttpAnswer unwell = health.answer();
        assertThat(unwell.status()).isEqualTo(500);
        health.answer();
        assertThat(looks).as("one looks, however many ask").hasValue(1);
        readable.countDown();
        WorkerHealth patient = new WorkerHealth(looks::incrementAndGet, Duration.ofSeconds(10));
        assertThat(patient.answer().status()).isEqualTo(200);
        assertThat(patient.answer().status()).isEqualTo(200);
        assertThat(looks).as("each looks anew").hasValue(3);
    }

    @Test
    void aFailureIsNamed() throws Exception {
        HttpAnswer failed = new WorkerHealth(() -> {
            throw new IllegalStateException("no broker");
        }, Duration.ofSeconds(10)).answer();
        assertThat(failed.status()).isEqualTo(500);
        assertThat(new String(failed.body())).contains("unhealthy", "no broker");
    }
}
