import { Dashboard, type IWidget, Row, TextWidget } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { costWidget } from './cost-widget.ts';
import { pipelineWidgets } from './pipeline-widgets.ts';
import { LIST_PRICES } from './prices.ts';
import { targetWidgets } from './target-widgets.ts';
import type { DashboardProps, Watched } from './watched.ts';

/** Widgets of a third of the width. */
const IN_A_ROW = 3;

export interface OperatorDashboardProps extends DashboardProps {
  readonly watched: Watched;
  /** Address of the runbook. */
  readonly runbookUrl: string;
}

/** One page for the operators of the stack: each target, the pipeline, the cost. */
export class OperatorDashboard extends Construct {
  readonly dashboard: Dashboard;

  constructor(scope: Construct, id: string, { name, prices, watched, runbookUrl }: OperatorDashboardProps) {
    super(scope, id);
    this.dashboard = new Dashboard(this, 'Dashboard', { ...(name !== undefined && { dashboardName: name }) });
    const { dashboard } = this;
    const widgets = [
      heading(`# imagedrop\nAlarms and what to do: ${runbookUrl}`),
      ...watched.targets.flatMap((target) => rows(targetWidgets(target))),
      heading('# The pipeline'),
      ...rows(pipelineWidgets(watched)),
      costWidget(watched, { ...LIST_PRICES, ...prices }),
    ];
    // Each call begins a line of its own.
    for (const widget of widgets) dashboard.addWidgets(widget);
  }
}

const heading = (markdown: string): IWidget => new TextWidget({ markdown, width: 24, height: 2 });

function rows(widgets: readonly IWidget[]): IWidget[] {
  const starts = widgets.flatMap((_, index) => (index % IN_A_ROW === 0 ? [index] : []));
  return starts.map((start) => new Row(...widgets.slice(start, start + IN_A_ROW)));
}
