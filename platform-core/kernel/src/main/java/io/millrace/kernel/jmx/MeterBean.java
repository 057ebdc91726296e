package io.millrace.kernel.jmx;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.management.Attribute;
import javax.management.AttributeList;
import javax.management.AttributeNotFoundException;
import javax.management.DynamicMBean;
import javax.management.MBeanAttributeInfo;
import javax.management.MBeanException;
import javax.management.MBeanInfo;
import javax.management.ReflectionException;

/** One MBean: reads its meters when it is asked. Attributes cannot be set and there are no operations. */
final class MeterBean implements DynamicMBean {

    private final Map<String, Facet> facets = new TreeMap<>();

    MeterBean(Map<String, Reading> readings) {
        readings.forEach((name, reading) -> facets.put(name, new Facet(name, reading)));
    }

    /** @return whether it has just these meters, which it then reads from now on */
    boolean take(Map<String, Reading> readings) {
        if (!facets.keySet().equals(readings.keySet())) {
            return false;
        }
        readings.forEach((name, reading) -> facets.get(name).readFrom(reading));
        return true;
    }

    @Override
    public Object getAttribute(String attribute) throws AttributeNotFoundException, MBeanException {
        try {
            for (Facet facet : candidates(attribute)) {
                Object value = facet.value(attribute, System.nanoTime());
                if (value != null) {
                    return value;
                }
            }
        } catch (RuntimeException | LinkageError failed) {
            throw new MBeanException(null, "attribute " + attribute + " cannot be read: " + failed);
        }
        throw new AttributeNotFoundException("there is no attribute " + attribute);
    }

    private Collection<Facet> candidates(String attribute) {
        Facet exact = facets.get(attribute);
        return exact != null ? List.of(exact) : facets.values();
    }

    @Override
    public AttributeList getAttributes(String[] names) {
        AttributeList values = new AttributeList();
        for (String name : names) {
            try {
                values.add(new Attribute(name, getAttribute(name)));
            } catch (AttributeNotFoundException | MBeanException missing) {
                // As the interface has it: what cannot be read is missing in the answer.
                continue;
            }
        }
        return values;
    }

    @Override
    public MBeanInfo getMBeanInfo() {
        MBeanAttributeInfo[] attributes = facets.values().stream().flatMap(facet -> facet.attributes().stream())
                .map(each -> new MBeanAttributeInfo(each.name(), each.type(), "", true, false, false)).toArray(MBeanAttributeInfo[]::new);
        return new MBeanInfo(MeterBean.class.getName(), "", attributes, null, null, null);
    }

    @Override
    public void setAttribute(Attribute attribute) throws AttributeNotFoundException {
        throw new AttributeNotFoundException(attribute.getName() + " cannot be set");
    }

    @Override
    public AttributeList setAttributes(AttributeList attributes) {
        return new AttributeList();
    }

    @Override
    public Object invoke(String action, Object[] arguments, String[] signature) throws ReflectionException {
        throw new ReflectionException(new NoSuchMethodException(action));
    }
}
