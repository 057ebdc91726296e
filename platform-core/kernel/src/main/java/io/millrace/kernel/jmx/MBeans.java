package io.millrace.kernel.jmx;

import io.millrace.api.metrics.Distribution;
import io.millrace.api.metrics.Meter;
import io.millrace.api.metrics.MeterSource;
import io.millrace.api.metrics.Meters;
import io.millrace.api.metrics.Tags;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import javax.management.InstanceAlreadyExistsException;
import javax.management.InstanceNotFoundException;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps an MBean server's beans in step with the meters there are. Confined to one thread; the beans themselves are read by any. */
final class MBeans {

    private static final Logger LOG = LoggerFactory.getLogger(MBeans.class);

    private final MBeanServer server;
    private final Map<ObjectName, MeterBean> beans = new HashMap<>();

    MBeans(MBeanServer server) {
        this.server = server;
    }

    /** Registers what is new and unregisters what is gone. */
    void follow(Iterable<MeterSource> sources) {
        Found found = new Found();
        for (MeterSource source : sources) {
            try {
                source.tell(found);
            } catch (RuntimeException | LinkageError failed) {
                LOG.warn("{} cannot tell its meters", source.getClass().getName(), failed);
            }
        }
        for (ObjectName name : Set.copyOf(beans.keySet())) {
            Map<String, Reading> readings = found.readings.remove(name);
            if (readings == null || !beans.get(name).take(readings)) {
                unregister(name);
                if (readings != null) {
                    register(name, readings);
                }
            }
        }
        found.readings.forEach(this::register);
    }

    private void register(ObjectName name, Map<String, Reading> readings) {
        try {
            MeterBean bean = new MeterBean(readings);
            server.registerMBean(bean, name);
            beans.put(name, bean);
        } catch (InstanceAlreadyExistsException taken) {
            LOG.debug("MBean {} is somebody else's", name);
        } catch (JMException | RuntimeException refused) {
            LOG.warn("MBean {} cannot be registered: {}", name, refused.toString());
        }
    }

    private void unregister(ObjectName name) {
        beans.remove(name);
        try {
            server.unregisterMBean(name);
        } catch (InstanceNotFoundException gone) {
            LOG.debug("MBean {} is gone already", name);
        } catch (JMException | RuntimeException refused) {
            LOG.warn("MBean {} cannot be unregistered: {}", name, refused.toString());
        }
    }

    int size() {
        return beans.size();
    }

    void clear() {
        Set.copyOf(beans.keySet()).forEach(this::unregister);
    }

    /** Readings by bean and attribute, as the sources tell them. */
    private static final class Found implements Meters {

        private final Map<ObjectName, Map<String, Reading>> readings = new HashMap<>();

        private void put(Meter meter, Tags tags, Reading reading) {
            if (!meter.mbean().isEmpty()) {
                BeanName name = BeanName.of(meter.mbean(), tags);
                readings.computeIfAbsent(name.name(), _ -> new TreeMap<>()).put(name.attribute(), reading);
            }
        }

        @Override
        public void counter(Meter meter, Tags tags, LongSupplier total) {
            put(meter, tags, new Reading.Counter(total));
        }

        @Override
        public void gauge(Meter meter, Tags tags, DoubleSupplier value) {
            put(meter, tags, new Reading.Gauge(value));
        }

        @Override
        public void distribution(Meter meter, Tags tags, Distribution values) {
            put(meter, tags, new Reading.Values(values, meter.scale()));
        }

        @Override
        public void state(Meter meter, Tags tags, Supplier<String> word) {
            put(meter, tags, new Reading.State(word));
        }
    }
}
