package io.millrace.streams.job;

import io.millrace.api.broker.Broker;
import io.millrace.api.config.NodeConfig;
import io.millrace.api.health.HealthCheck;
import io.millrace.api.http.HttpResource;
import io.millrace.api.log.LocalLogs;
import io.millrace.api.metrics.MeterSource;
import io.millrace.api.plugin.PluginHost;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceReference;
import org.osgi.util.tracker.ServiceTracker;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads the job files, then lets jobs run while the broker and their plugins are there. */
public final class Activator implements BundleActivator {

    private static final Logger LOG = LoggerFactory.getLogger(Activator.class);

    private final Jobs jobs = new Jobs();
    private ServiceTracker<Broker, Broker> brokers;

    @Override
    public void start(BundleContext context) {
        NodeConfig config = NodeConfig.of(context);
        JobFiles files = new JobFiles(config.etc().resolve("jobs"), config.data().resolve("streams/jobs"));
        List<String> complaints = new CopyOnWriteArrayList<>();
        JobFiles.read(files.given(), complaints::add).forEach(spec -> add(spec, true, complaints));
        JobFiles.read(files.made(), complaints::add).forEach(spec -> add(spec, false, complaints));
        complaints.forEach(complaint -> LOG.error("a job file is not used: {}", complaint));

        // The broker registers LocalLogs with Broker; waiting for the later of the two would need no order, but Broker says "accepts connections".
        brokers = new ServiceTracker<>(context, Broker.class, null) {
            @Override
            public Broker addingService(ServiceReference<Broker> reference) {
                Broker broker = context.getService(reference);
                ServiceReference<LocalLogs> logs = context.getServiceReference(LocalLogs.class);
                if (logs == null) {
                    LOG.error("the broker offers no access to its logs in this process; no job can run");
                } else {
                    jobs.brokerArrived(broker, context.getService(logs));
                }
                return broker;
            }

            @Override
            public void removedService(ServiceReference<Broker> reference, Broker broker) {
                jobs.brokerLeft();
                context.ungetService(reference);
            }
        };
        brokers.open();
        context.registerService(PluginHost.class, jobs, null);
        context.registerService(MeterSource.class, new JobMeters(jobs), null);
        context.registerService(HttpResource.class, new JobsResource(jobs, files), null);
        context.registerService(HealthCheck.class, () -> Stream.concat(jobs.findings().stream(), complaints.stream()
                .map(complaint -> new HealthCheck.Finding("job file", "etc/jobs", HealthCheck.State.FAILED, complaint))).toList(), null);
    }

    private void add(JobSpec spec, boolean fromFile, List<String> complaints) {
        try {
            jobs.add(spec, fromFile);
        } catch (IllegalStateException e) {
            complaints.add(e.getMessage());
        }
    }

    @Override
    public void stop(BundleContext context) {
        brokers.close();
    }
}
